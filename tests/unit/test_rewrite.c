#include "rewrite.h"

#include "seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum op { END, SWITCH, SEND, REFUSED, DROP, LATE_DROP };
enum {
    S = 1,        /* first packet of its frame */
    E = 2,        /* last */
    W = 4,        /* picture id of 15 bits */
    D = 8,        /* with a dependency descriptor: its frame number is the picture id's */
    V9 = 16,      /* picture ids of VP9 */
    P = 32,       /* padding only */
    NONE = -1,    /* no picture id */
    FIRST = 1000, /* index of the first packet */
};

/* A packet that comes, as row.in, and with which numbers it goes; they begin at FIRST, 0, 1, 1. A switch is
 * told the server's time in ms, and by how many ms the timestamp was moved. */
struct row {
    enum op op;
    struct {
        uint64_t seq;
        uint32_t ts;
        int pid, tl0, flags;
    } in;
    struct {
        uint64_t index;
        uint32_t ts;
        int pid, tl0;
    } out;
    uint64_t ms, moved_ms;
    uint64_t from; /* of a drop that reaches back over what was lost */
};

/* clang-format off */
#define SWITCH(ms, moved, ...) {SWITCH, {__VA_ARGS__}, {0, 0, 0, 0}, ms, moved, 0}
#define IN(...)                {SEND, {__VA_ARGS__},
#define OUT(...)               {__VA_ARGS__}, 0, 0, 0}
#define REFUSED(...)           {REFUSED, {__VA_ARGS__}, {0, 0, 0, 0}, 0, 0, 0}
#define DROP(...)              {DROP, {__VA_ARGS__}, {0, 0, 0, 0}, 0, 0, 0}
#define DROP_FROM(from, ...)   {DROP, {__VA_ARGS__}, {0, 0, 0, 0}, 0, 0, from}
#define LATE_DROP(...)         {LATE_DROP, {__VA_ARGS__}, {0, 0, 0, 0}, 0, 0, 0}

static const struct sequence {
    const char *name;
    uint32_t clock_rate, random;
    struct row rows[40];
} sequences[] = {
    {"one source", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | W),
        IN(70000, 5000, 7, 3, S | W) OUT(FIRST, 0, 1, 1),
        IN(70001, 5000, 7, 3, E | W) OUT(FIRST + 1, 0, 1, 1),
        IN(70002, 8000, 8, 4, S | E | W) OUT(FIRST + 2, 3000, 2, 2),
    }},
    {"loss inside a frame", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | W),
        IN(70000, 5000, 7, 3, S | W) OUT(FIRST, 0, 1, 1),
        IN(70002, 5000, 7, 3, E | W) OUT(FIRST + 2, 0, 1, 1),
        IN(70003, 8000, 8, 4, S | E | W) OUT(FIRST + 3, 3000, 2, 2),
        IN(70001, 5000, 7, 3, W) OUT(FIRST + 1, 0, 1, 1),
    }},
    {"loss of a whole frame", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70003, 11000, 9, 5, S | E | W) OUT(FIRST + 3, 6000, 3, 3),
        IN(70002, 8000, 8, 4, E | W) OUT(FIRST + 2, 3000, 2, 2),
        IN(70001, 8000, 8, 4, S | W) OUT(FIRST + 1, 3000, 2, 2),
        IN(70004, 14000, 10, 6, S | E | W) OUT(FIRST + 4, 9000, 4, 4),
    }},
    {"a temporal drop next to a loss: the frame before it is late", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70002, 11000, 9, 4, S | E | W),
        IN(70003, 14000, 10, 5, S | E | W) OUT(FIRST + 2, 9000, 3, 3),
        IN(70001, 8000, 8, 4, S | E | W) OUT(FIRST + 1, 3000, 2, 2),
    }},
    {"a temporal drop next to a loss: the dropped frame's first packet is lost", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70002, 8000, 8, 3, W),
        DROP(70003, 8000, 8, 3, E | W),
        IN(70004, 11000, 9, 4, S | E | W) OUT(FIRST + 2, 6000, 2, 2),
        LATE_DROP(70001, 8000, 8, 3, S | W), /* its number stays a hole */
        IN(70005, 14000, 10, 5, S | E | W) OUT(FIRST + 3, 9000, 3, 3),
    }},
    {"a temporal drop next to a loss: a packet in the middle of the dropped frame is lost", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70001, 8000, 8, 3, S | W),
        DROP_FROM(70002, 70004, 8000, 8, 3, E | W),
        IN(70005, 11000, 9, 4, S | E | W) OUT(FIRST + 1, 6000, 2, 2),
        REFUSED(70002, 8000, 8, 3, W), /* there is no hole for it */
        LATE_DROP(70003, 8000, 8, 3, W),
        DROP_FROM(70004, 70007, 14000, 10, 4, S | E | W), /* not over what has gone out */
        IN(70008, 17000, 11, 5, S | E | W) OUT(FIRST + 2, 12000, 3, 3),
    }},
    {"reordering across a drop", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | W),
        IN(70000, 5000, 7, 3, S | W) OUT(FIRST, 0, 1, 1),
        DROP(70002, 8000, 8, 3, S | E | W),
        IN(70004, 11000, 9, 4, E | W) OUT(FIRST + 3, 6000, 2, 2),
        IN(70001, 5000, 7, 3, E | W) OUT(FIRST + 1, 0, 1, 1),
        IN(70003, 11000, 9, 4, S | W) OUT(FIRST + 2, 6000, 2, 2),
        REFUSED(70002, 8000, 8, 3, S | E | W),
        DROP(70005, 14000, 10, 4, S | E | W),
        DROP(70006, 17000, 11, 4, S | E | W),
        IN(70007, 20000, 12, 5, S | E | W) OUT(FIRST + 4, 15000, 3, 3),
        REFUSED(70006, 17000, 11, 4, S | E | W),
    }},
    {"a drop that comes after its followers keeps its hole and its picture id", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70002, 11000, 9, 4, S | E | W) OUT(FIRST + 2, 6000, 3, 2),
        LATE_DROP(70001, 8000, 8, 3, S | E | W),
        IN(70003, 14000, 10, 5, S | E | W) OUT(FIRST + 3, 9000, 4, 3),
    }},
    {"padding is closed over and has no picture", 90000, 0, {
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70001, 5000, NONE, NONE, 0),
        DROP(70002, 5000, NONE, NONE, 0),
        IN(70003, 8000, 8, 4, S | E | W) OUT(FIRST + 1, 3000, 2, 2),
    }},
    {"padding that comes after its followers fills its hole, and ends no frame", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70002, 5000, NONE, NONE, P),
        LATE_DROP(70001, 5000, NONE, NONE, P),
        IN(70001, 5000, NONE, NONE, P) OUT(FIRST + 1, 0, NONE, NONE),
        SWITCH(1100, 0, 80000, 100, 100, 100, S | W),
        IN(80000, 100, 100, 100, S | W) OUT(FIRST + 2, 9000, 2, 2),
    }},
    {"what only fills holes does not say which picture went last, and whether it ended", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70004, 11000, 9, 4, S | E | W),
        IN(70003, 11000, NONE, NONE, P) OUT(FIRST + 3, 6000, NONE, NONE),
        IN(70001, 8000, 8, 4, S | W) OUT(FIRST + 1, 3000, 2, 2),
        SWITCH(1100, 0, 80000, 100, 100, 100, S | W),
        IN(80000, 100, 100, 100, S | W) OUT(FIRST + 5, 9000, 3, 3),
    }},
    {"nothing before the switch", 90000, 0, {
        LATE_DROP(69998, 5000, 6, 3, S | E | W),
        SWITCH(50, 0, 70000, 5000, 7, 3, S | E | W),
        REFUSED(69999, 5000, 6, 2, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
    }},
    {"to another VP8 source and back", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70001, 8000, 8, 4, S | E | W) OUT(FIRST + 1, 3000, 2, 2),
        SWITCH(1100, 0, 99000, 4000000000, 30000, 200, S | W),
        IN(99000, 4000000000, 30000, 200, S | W) OUT(FIRST + 2, 9000, 3, 3),
        IN(99001, 4000000000, 30000, 200, E | W) OUT(FIRST + 3, 9000, 3, 3),
        IN(99002, 4000003000, 30001, 201, S | E | W) OUT(FIRST + 4, 12000, 4, 4),
        SWITCH(1200, 0, 70010, 23000, 17, 9, S | E | W),
        IN(70010, 23000, 17, 9, S | E | W) OUT(FIRST + 5, 18000, 5, 5),
        REFUSED(70009, 23000, 16, 9, S | E | W),
        IN(70011, 26000, 18, 10, S | E | W) OUT(FIRST + 6, 21000, 6, 6),
    }},
    {"a switch in the middle of a frame leaves a hole", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | W),
        IN(70000, 5000, 7, 3, S | W) OUT(FIRST, 0, 1, 1),
        SWITCH(1100, 0, 80000, 100, 100, 100, S | W),
        IN(80000, 100, 100, 100, S | W) OUT(FIRST + 2, 9000, 2, 2),
        IN(80001, 100, 100, 100, E | W) OUT(FIRST + 3, 9000, 2, 2),
        SWITCH(1200, 0, 70100, 500, 70, 30, S | E | W),
        IN(70100, 500, 70, 30, S | E | W) OUT(FIRST + 4, 18000, 3, 3),
    }},
    {"a late packet does not say where the last frame ended", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | W),
        IN(70000, 5000, 7, 3, S | W) OUT(FIRST, 0, 1, 1),
        IN(70002, 5000, 7, 3, E | W) OUT(FIRST + 2, 0, 1, 1),
        IN(70001, 5000, 7, 3, W) OUT(FIRST + 1, 0, 1, 1),
        SWITCH(1100, 0, 80000, 100, 100, 100, S | W),
        IN(80000, 100, 100, 100, S | W) OUT(FIRST + 3, 9000, 2, 2),
    }},
    {"drops of the source before do not count", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        DROP(70001, 8000, 8, 3, S | E | W),
        SWITCH(1100, 0, 70000, 100, 100, 100, S | E | W),
        IN(70000, 100, 100, 100, S | E | W) OUT(FIRST + 1, 9000, 2, 2),
        IN(70002, 6100, 102, 102, S | E | W) OUT(FIRST + 3, 15000, 4, 4),
        IN(70001, 3100, 101, 101, S | E | W) OUT(FIRST + 2, 12000, 3, 3),
    }},
    {"audio", 48000, 0, {
        SWITCH(1000, 0, 70000, 5000, NONE, NONE, S | E),
        IN(70000, 5000, NONE, NONE, S | E) OUT(FIRST, 0, NONE, NONE),
        IN(70001, 5960, NONE, NONE, S | E) OUT(FIRST + 1, 960, NONE, NONE),
        SWITCH(1040, 0, 66000, 77, NONE, NONE, S | E),
        IN(66000, 77, NONE, NONE, S | E) OUT(FIRST + 2, 1920, NONE, NONE),
        SWITCH(1045, 0, 70005, 9, NONE, NONE, S | E), /* ahead, if only by 5 ms */
        IN(70005, 9, NONE, NONE, S | E) OUT(FIRST + 3, 2160, NONE, NONE),
        SWITCH(1040, 25, 66009, 500, NONE, NONE, S | E), /* not ahead: 20 ms on */
        IN(66009, 500, NONE, NONE, S | E) OUT(FIRST + 4, 3120, NONE, NONE),
        SWITCH(1100, 0, 70007, 9, NONE, NONE, S | E), /* and that is made up for */
        IN(70007, 9, NONE, NONE, S | E) OUT(FIRST + 5, 4800, NONE, NONE),
    }},
    {"a capture time that is not ahead", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70001, 14000, 8, 3, S | E | W) OUT(FIRST + 1, 9000, 2, 1),
        SWITCH(1100, 33, 80000, 0, 0, 0, S | E | W),
        IN(80000, 0, 0, 0, S | E | W) OUT(FIRST + 2, 12000, 3, 2),
        SWITCH(900, 266, 70002, 0, 0, 0, S | E | W), /* before the first packet */
        IN(70002, 0, 0, 0, S | E | W) OUT(FIRST + 3, 15000, 4, 3),
        SWITCH(1200, 0, 80001, 0, 0, 0, S | E | W),
        IN(80001, 0, 0, 0, S | E | W) OUT(FIRST + 4, 18000, 5, 4),
    }},
    {"a source whose timestamps ran away moves the slot's timeline", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70001, 1805000, 8, 3, S | E | W) OUT(FIRST + 1, 1800000, 2, 1), /* 20 s in no time */
        SWITCH(1100, 19933, 80000, 0, 0, 0, S | E | W),
        IN(80000, 0, 0, 0, S | E | W) OUT(FIRST + 2, 1803000, 3, 2),
        SWITCH(1200, 0, 70002, 0, 0, 0, S | E | W),
        IN(70002, 0, 0, 0, S | E | W) OUT(FIRST + 3, 1812000, 4, 3),
    }},
    {"timestamps that go back do not take the stream along", 90000, 0, {
        SWITCH(1000, 0, 70000, 500000, 7, 3, S | E | W),
        IN(70000, 500000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        IN(70001, 503000, 8, 3, S | E | W) OUT(FIRST + 1, 3000, 2, 1),
        IN(70002, 410000, 9, 3, S | E | W) OUT(FIRST + 2, (uint32_t)-90000, 3, 1),
        SWITCH(1100, 0, 80000, 0, 0, 0, S | E | W),
        IN(80000, 0, 0, 0, S | E | W) OUT(FIRST + 3, 9000, 4, 2),
    }},
    {"idle for an hour, and for ten", 90000, 0, {
        SWITCH(1000, 0, 70000, 5000, 7, 3, S | E | W),
        IN(70000, 5000, 7, 3, S | E | W) OUT(FIRST, 0, 1, 1),
        SWITCH(3601000, 0, 80000, 0, 0, 0, S | E | W),
        IN(80000, 0, 0, 0, S | E | W) OUT(FIRST + 1, 324000000, 2, 2),
        SWITCH(39601000, 0, 70001, 0, 0, 0, S | E | W), /* 3,240,000,000 would be a jump back */
        IN(70001, 0, 0, 0, S | E | W) OUT(FIRST + 2, 324000000 + (1 << 30), 3, 3),
        SWITCH(39602000, 0, 80001, 0, 0, 0, S | E | W),
        IN(80001, 0, 0, 0, S | E | W) OUT(FIRST + 3, 324000000 + (1 << 30) + 90000, 4, 4),
    }},
    {"timestamps wrap, also in between two sources", 90000, 0xfffff000, {
        SWITCH(1000, 0, 70000, 0xfffffff0, NONE, NONE, S | E),
        IN(70000, 0xfffffff0, NONE, NONE, S | E) OUT(FIRST, 0xfffff000, NONE, NONE),
        IN(70001, 0xfffffff0u + 3000, NONE, NONE, S | E) OUT(FIRST + 1, 0xfffffbb8, NONE, NONE),
        SWITCH(1100, 0, 70001, 1, NONE, NONE, S | E),
        IN(70001, 1, NONE, NONE, S | E) OUT(FIRST + 2, 4904, NONE, NONE),
        SWITCH(1150, 0, 70001, 1, NONE, NONE, S | E),
        IN(70001, 1, NONE, NONE, S | E) OUT(FIRST + 3, 9404, NONE, NONE),
    }},
    {"picture ids of 15 bits and TL0PICIDX wrap, coming and going", 90000, 0xfffd, {
        SWITCH(1000, 0, 70000, 0, 0x7ffe, 254, S | E | W),
        IN(70000, 0, 0x7ffe, 254, S | E | W) OUT(FIRST, 0xfffd, 0x7ffe, 0),
        IN(70001, 0, 0x7fff, 255, S | E | W) OUT(FIRST + 1, 0xfffd, 0x7fff, 1),
        DROP(70002, 0, 0, 255, S | E | W),
        IN(70003, 0, 1, 0, S | E | W) OUT(FIRST + 2, 0xfffd, 0, 2),
        IN(70005, 0, 3, 1, S | E | W) OUT(FIRST + 4, 0xfffd, 2, 3),
        IN(70004, 0, 2, 0, S | E | W) OUT(FIRST + 3, 0xfffd, 1, 2),
        SWITCH(1100, 0, 80000, 0, 0, 255, S | E | W),
        IN(80000, 0, 0, 255, S | E | W) OUT(FIRST + 5, 0xfffd + 9000, 3, 4),
        IN(80001, 0, 1, 0, S | E | W) OUT(FIRST + 6, 0xfffd + 9000, 4, 5),
    }},
    {"picture ids of 7 bits wrap, also over a drop", 90000, 0, {
        SWITCH(1000, 0, 70000, 0, 126, 0, S | E),
        IN(70000, 0, 126, 0, S | E) OUT(FIRST, 0, 1, 1),
        IN(70001, 0, 127, 0, S | E) OUT(FIRST + 1, 0, 2, 1),
        DROP(70003, 0, 1, 0, S | E),
        IN(70004, 0, 2, 0, S | E) OUT(FIRST + 3, 0, 4, 1),
        IN(70002, 0, 0, 0, S | E) OUT(FIRST + 2, 0, 3, 1),
        SWITCH(1100, 0, 80000, 0, 300, 9, S | E | W),
        IN(80000, 0, 300, 9, S | E | W) OUT(FIRST + 4, 9000, 5, 2),
        IN(80001, 0, 301, 9, S | E | W) OUT(FIRST + 5, 9000, 6, 2),
    }},
    {"VP9's picture ids are not closed up", 90000, 0, {
        SWITCH(1000, 0, 70000, 0, 10, 0, S | E | W | V9),
        IN(70000, 0, 10, 0, S | E | W | V9) OUT(FIRST, 0, 1, 1),
        DROP(70001, 0, 11, 0, S | E | W | V9),
        IN(70002, 0, 12, 1, S | E | W | V9) OUT(FIRST + 1, 0, 3, 2),
    }},
    {"a source without picture ids in between, and one that begins without", 90000, 0, {
        SWITCH(1000, 0, 70000, 0, 10, 7, S | E | W),
        IN(70000, 0, 10, 7, S | E | W) OUT(FIRST, 0, 1, 1),
        SWITCH(1100, 0, 80000, 0, NONE, NONE, S | E),
        IN(80000, 0, NONE, NONE, S | E) OUT(FIRST + 1, 9000, NONE, NONE),
        SWITCH(1200, 0, 90000, 0, NONE, NONE, S | E),
        IN(90000, 0, NONE, NONE, S | E) OUT(FIRST + 2, 18000, NONE, NONE),
        DROP(90001, 0, 499, 98, S | E | W),
        IN(90002, 0, 500, 99, S | E | W) OUT(FIRST + 3, 18000, 2, 2),
        IN(90003, 0, 501, 100, S | E | W) OUT(FIRST + 4, 18000, 3, 3),
    }},
    {"frame numbers run on and wrap, and keep the gaps of drops", 90000, 0xfffe0000, {
        SWITCH(1000, 0, 70000, 0, 65535, NONE, S | E | D),
        IN(70000, 0, 65535, NONE, S | E | D) OUT(FIRST, 0xfffe0000, 65535, NONE),
        IN(70001, 0, 0, NONE, S | E | D) OUT(FIRST + 1, 0xfffe0000, 0, NONE),
        DROP(70002, 0, 1, NONE, S | E | D),
        IN(70003, 0, 2, NONE, S | E | D) OUT(FIRST + 2, 0xfffe0000, 2, NONE),
        SWITCH(1100, 0, 80000, 0, NONE, NONE, S | E),
        IN(80000, 0, NONE, NONE, S | E) OUT(FIRST + 3, 0xfffe0000 + 9000, NONE, NONE),
        SWITCH(1200, 0, 70000, 0, 9, NONE, S | E | D),
        IN(70000, 0, 9, NONE, S | E | D) OUT(FIRST + 4, 0xfffe0000 + 18000, 3, NONE),
    }},
};
/* clang-format on */

static struct frame_info frame_of(const struct row *row)
{
    int flags = row->in.flags;
    bool descriptor = flags & D;
    return (struct frame_info){
        .start = flags & S,
        .end = flags & E,
        .picture_id = descriptor ? FRAME_NO_PICTURE_ID : row->in.pid,
        .picture_id_15 = flags & W,
        .picture_gap_is_loss = !(flags & V9),
        .tl0_pic_idx = (int16_t)row->in.tl0,
        .has_descriptor = descriptor,
        .frame_number = (uint16_t)(descriptor ? row->in.pid : 0),
    };
}

static void check_numbers(const struct row *row, const struct rewritten *out)
{
    assert_int_equal(out->index, row->out.index);
    assert_int_equal(out->timestamp, row->out.ts);
    if (row->in.flags & D)
        assert_int_equal(out->frame_number, row->out.pid);
    else
        assert_int_equal(out->picture_id, row->out.pid);
    assert_int_equal(out->tl0_pic_idx, row->out.tl0);
    assert_int_equal(out->marker, (row->in.flags & E) != 0);
}

static void step(struct rewrite *r, const struct row *row)
{
    const struct frame_info f = frame_of(row);
    const struct rtp_view v = {.timestamp = row->in.ts, .marker = f.end, .payload_len = !(row->in.flags & P)};
    struct rewritten out;
    switch (row->op) {
    case SWITCH:
        assert_int_equal(rewrite_switch(r, row->in.seq, &v, row->ms * 1000) / 1000, row->moved_ms);
        break;
    case SEND:
        assert_true(rewrite_packet(r, row->in.seq, &v, &f, v.marker, &out));
        check_numbers(row, &out);
        assert_int_equal(rewrite_timestamp(r, row->in.ts), row->out.ts);
        break;
    case REFUSED:
        assert_false(rewrite_packet(r, row->in.seq, &v, &f, v.marker, &out));
        break;
    case DROP:
    case LATE_DROP:
        assert_int_equal(rewrite_drop(r, row->from ? row->from : row->in.seq, row->in.seq, &f),
                         row->op == DROP);
        break;
    case END:
        break;
    }
}

static void numbers_as_the_rows_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
        const struct sequence *s = &sequences[i];
        struct rewrite r;
        print_message("  %s\n", s->name);
        rewrite_init(&r, s->clock_rate, FIRST, s->random);
        for (const struct row *row = s->rows; row->op != END; row++) {
            print_message("    row %zu\n", (size_t)(row - s->rows));
            step(&r, row);
        }
    }
}

/* What is remembered of drops is bounded: beyond it late packets have no place. */
static void remembers_the_last_drops(void **state)
{
    (void)state;
    const struct frame_info f = {.start = true, .end = true, .picture_id = NONE, .tl0_pic_idx = NONE};
    const struct rtp_view v = {0};
    struct rewritten out;
    struct rewrite r;
    rewrite_init(&r, 90000, FIRST, 0);
    assert_int_equal(rewrite_switch(&r, 70000, &v, 0), 0);
    for (uint64_t seq = 70000; seq < 70200; seq += 4) { /* sent, lost, dropped, sent */
        assert_true(rewrite_packet(&r, seq, &v, &f, false, &out));
        assert_true(rewrite_drop(&r, seq + 2, seq + 2, &f));
        assert_true(rewrite_packet(&r, seq + 3, &v, &f, false, &out));
    }
    for (uint64_t seq = 70001, drops = 0; seq < 70200; seq += 4, drops++) {
        bool known = drops > 50 - REWRITE_DROPS;
        assert_int_equal(rewrite_packet(&r, seq, &v, &f, false, &out), known);
        assert_true(!known || out.index == FIRST + (seq - 70000) - drops);
        assert_false(rewrite_packet(&r, seq + 1, &v, &f, false, &out));
    }
}

/* Sequence numbers wrap on the way in and on the way out. */
static void numbers_run_on_over_many_rounds(void **state)
{
    (void)state;
    const struct frame_info f = {.start = true, .end = true, .picture_id = NONE, .tl0_pic_idx = NONE};
    const struct rtp_view v = {0};
    struct rewritten out;
    struct rewrite r;
    uint64_t in = REWRITE_NEAR + 65000, index = 0x7fff;
    rewrite_init(&r, 90000, 0x7fff, 0);
    assert_int_equal(rewrite_switch(&r, in, &v, 0), 0);
    for (size_t i = 0; i < 300000; i++, in = seq_extend(in, (uint16_t)(in + 1))) {
        if (i % 7 == 3) {
            assert_true(rewrite_drop(&r, in, in, &f));
            continue;
        }
        assert_true(rewrite_packet(&r, in, &v, &f, false, &out));
        assert_int_equal(out.index, index);
        index++;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_as_the_rows_say),
        cmocka_unit_test(remembers_the_last_drops),
        cmocka_unit_test(numbers_run_on_over_many_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
