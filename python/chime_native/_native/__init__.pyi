from . import audio as audio, rtp as rtp, video as video

__version__: str
