#include "media.h"

const struct sfu_format *media_format(const struct sfu_media_desc *media, enum rtp_codec codec,
                                      uint32_t variant)
{
    for (size_t i = 0; i < media->format_count; i++) {
        const struct sfu_format *f = &media->formats[i];
        if (f->codec == codec && f->variant == variant)
            return f;
    }
    return NULL;
}

const struct sfu_format *media_plays(const struct sfu_media_desc *media, const struct sfu_format *source)
{
    enum rtp_codec codec = source->codec == RTP_CODEC_RED ? RTP_CODEC_OPUS : source->codec;
    return media_format(media, codec, source->variant);
}

const struct sfu_format *media_format_by_pt(const struct sfu_media_desc *media, uint8_t pt, bool *rtx)
{
    for (size_t i = 0; i < media->format_count; i++) {
        const struct sfu_format *f = &media->formats[i];
        *rtx = f->rtx_pt && f->rtx_pt == pt;
        if (f->pt == pt || *rtx)
            return f;
    }
    return NULL;
}

bool media_has_transport_cc(const struct sfu_media_desc *media)
{
    bool agreed = false;
    for (size_t i = 0; i < media->format_count; i++)
        agreed |= media->formats[i].transport_cc;
    return agreed && media->exts.id[RTP_EXT_TRANSPORT_CC];
}

const struct sfu_track_desc *media_track(const struct sfu_media_desc *media, uint32_t id)
{
    for (size_t i = 0; i < media->track_count; i++) {
        if (media->tracks[i].id == id)
            return &media->tracks[i];
    }
    return NULL;
}
