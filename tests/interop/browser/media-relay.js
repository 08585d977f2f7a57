// Puts a UDP relay between this page and the service without either knowing: candidates of the service's answers are
// replaced by the relay's address, and the SDK is shown candidates of this page that lead nowhere, so that the service
// can't find the way around. The service then meets the relay as a peer-reflexive candidate.
const CANDIDATE = /^(a=candidate:\S+ \d+ udp \d+ )(\S+) (\d+)/gim;
const NOWHERE = '127.0.0.1 9';

export function routeMediaThrough({ host, port }, foundServiceCandidates) {
  const prototype = RTCPeerConnection.prototype;
  const setRemoteDescription = prototype.setRemoteDescription;
  prototype.setRemoteDescription = async function (description) {
    const candidates = [...description.sdp.matchAll(CANDIDATE)].map((match) => [match[2], Number(match[3])]);
    await foundServiceCandidates(candidates);
    const sdp = description.sdp.replace(CANDIDATE, `$1${host} ${port}`);
    return setRemoteDescription.call(this, { type: description.type, sdp });
  };
  for (const name of ['localDescription', 'currentLocalDescription', 'pendingLocalDescription']) {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    Object.defineProperty(prototype, name, {
      configurable: true,
      get() {
        const description = get.call(this);
        if (!description) return description;
        const sdp = description.sdp.replace(CANDIDATE, `$1${NOWHERE}`);
        return new RTCSessionDescription({ type: description.type, sdp });
      },
    });
  }
}
