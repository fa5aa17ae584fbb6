#include "select.h"

void select_target(struct select *s, uint32_t source)
{
    s->target = source;
    if (source == SELECT_NOTHING)
        s->current = SELECT_NOTHING;
}

void select_forget(struct select *s, uint32_t source)
{
    if (s->current == source)
        s->current = SELECT_NOTHING;
    if (s->target == source)
        s->target = s->current;
}

enum select_verdict select_packet(struct select *s, uint32_t source, const struct frame_info *f)
{
    if (source == SELECT_NOTHING)
        return SELECT_DROP;
    if (source == s->target && select_waiting(s)) {
        if (!f->key || !f->start)
            return SELECT_DROP;
        s->current = source;
        return SELECT_SWITCH;
    }
    return source == s->current ? SELECT_FORWARD : SELECT_DROP;
}
