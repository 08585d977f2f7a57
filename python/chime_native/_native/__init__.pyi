from . import audio as audio
from . import rtp as rtp
from . import video as video

__version__: str
