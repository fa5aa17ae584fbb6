#include "red.h"

#include <errno.h>

enum { PT_MASK = 0x7f, LENGTH_MASK = 0x3ff };

int red_read(struct red *red, const uint8_t *payload, size_t len)
{
    struct rd r = rd_init(payload, len);
    uint32_t first_pt = len ? payload[0] & PT_MASK : 0;
    size_t earlier_len = 0;
    uint8_t head;
    *red = (struct red){0};
    while ((head = rd_u8(&r)) & RED_FOLLOWED) {
        uint32_t rest = rd_u24(&r);
        uint16_t offset = (uint16_t)(rest >> RED_OFFSET_SHIFT);
        if ((head & PT_MASK) != first_pt || ++red->block_count > RED_BLOCKS_MAX)
            return -EBADMSG;
        red->reach = offset > red->reach ? offset : red->reach;
        earlier_len += rest & LENGTH_MASK;
    }
    rd_bytes(&r, earlier_len);
    if (r.bad || !rd_left(&r) || head != first_pt)
        return -EBADMSG;
    red->primary_at = (uint16_t)(r.p - payload);
    return 0;
}
