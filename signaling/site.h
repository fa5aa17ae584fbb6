/* The page's files: which file a path of a URL names, and its bytes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct site_file {
    GBytes *body;     /* NULL where the client has it already: its If-None-Match is our ETag */
    const char *mime; /* static */
    char etag[48];
};

/* The folder to serve: conf's, or where that is "" the one of the installation or of the source tree. */
char *site_root(const char *configured);

/* Whether the page is there. 0, or a negative errno with one line in words in err. */
int site_check(const char *root, char *err, size_t err_len) __attribute__((warn_unused_result));

/* The file of `path` (decoded, without the query; "/" is index.html) under root. None of its parts may begin
 * with a dot or hold anything but letters, digits and "._-", so that it cannot leave the root. if_none_match:
 * the header or NULL. 0, or -ENOENT, -EACCES, -EFBIG. */
int site_read(const char *root, const char *path, const char *if_none_match, struct site_file *file)
    __attribute__((warn_unused_result));

void site_finish(struct site_file *file);
