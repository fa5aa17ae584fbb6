/* The methods of the room protocol (README.md), one row each. */
#pragma once

#include "rpc.h"

extern const struct rpc_method methods[]; /* ended by a NULL name */

/* methods_room.c */
enum rpc_code methods_join(struct rpc_call *call);
enum rpc_code methods_leave(struct rpc_call *call);
enum rpc_code methods_rename(struct rpc_call *call);
enum rpc_code methods_participants(struct rpc_call *call);
enum rpc_code methods_rooms(struct rpc_call *call);
enum rpc_code methods_chat(struct rpc_call *call);

/* methods_offer.c */
enum rpc_code methods_offer(struct rpc_call *call);

/* methods_media.c */
enum rpc_code methods_view(struct rpc_call *call);
enum rpc_code methods_publish(struct rpc_call *call);
enum rpc_code methods_stats(struct rpc_call *call);
