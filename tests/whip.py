#!/usr/bin/python3
"""whip.py http://HOST:8080/whip/ROOM [SECONDS]: a test picture and a tone into a room, by GStreamer's webrtcbin.

Debian 12: python3-gst-1.0 gir1.2-gst-plugins-bad-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
gstreamer1.0-plugins-bad gstreamer1.0-nice
"""
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstSdp', '1.0')
gi.require_version('GstWebRTC', '1.0')
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

PIPELINE = '''webrtcbin name=whip bundle-policy=max-bundle
videotestsrc is-live=true pattern=ball ! vp8enc deadline=1 ! rtpvp8pay pt=96
! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! whip.
audiotestsrc is-live=true volume=0.1 ! opusenc ! rtpopuspay pt=97
! application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! whip.'''


def post(url, sdp):
    request = urllib.request.Request(url, sdp.encode(), {'Content-Type': 'application/sdp'})
    with urllib.request.urlopen(request) as answer:
        return answer.headers['Location'], answer.read().decode()


class Publisher:
    def __init__(self, url):
        self.url = url
        self.session = None
        self.kept = []  # what the bindings would free too early
        self.pipeline = Gst.parse_launch(PIPELINE)
        self.webrtc = self.pipeline.get_by_name('whip')
        self.webrtc.connect('on-negotiation-needed', self.offer)
        self.webrtc.connect('notify::ice-gathering-state', self.exchange)
        self.webrtc.connect('notify::connection-state', lambda *_: print(self.webrtc.props.connection_state.value_nick))
        self.pipeline.set_state(Gst.State.PLAYING)

    def offer(self, _):
        self.webrtc.emit('create-offer', None, Gst.Promise.new_with_change_func(self.set_offer))

    def set_offer(self, promise):
        reply = promise.get_reply()
        offer = reply.get_value('offer')
        self.kept += [promise, reply, offer]
        self.webrtc.emit('set-local-description', offer, None)

    def exchange(self, *_):
        if self.webrtc.props.ice_gathering_state != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        self.session, text = post(self.url, self.webrtc.props.local_description.sdp.as_text())
        print('session', self.session)
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.webrtc.emit('set-remote-description', answer, None)

    def stop(self):
        self.pipeline.set_state(Gst.State.NULL)
        if self.session:
            url = urllib.parse.urljoin(self.url, self.session)
            urllib.request.urlopen(urllib.request.Request(url, method='DELETE')).close()


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    publisher = Publisher(sys.argv[1])
    if len(sys.argv) > 2:
        GLib.timeout_add_seconds(int(sys.argv[2]), loop.quit)
    try:
        loop.run()
    except KeyboardInterrupt:
        pass
    publisher.stop()


if __name__ == '__main__':
    main()
