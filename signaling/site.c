#include "site.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SITE_PATH_MAX = 256, SITE_FILE_MAX = 16 << 20 };

static const struct {
    const char *suffix, *mime;
} mimes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".webp", "image/webp"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/plain; charset=utf-8"},
};

static const char *mime_of(const char *path)
{
    const char *suffix = strrchr(path, '.');
    for (size_t i = 0; suffix && i < G_N_ELEMENTS(mimes); i++)
        if (strcmp(suffix, mimes[i].suffix) == 0)
            return mimes[i].mime;
    return "application/octet-stream";
}

/* Each part between slashes: not empty, no dot in front, plain characters. */
static bool path_fits(const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (*path != '/' || strlen(path) > SITE_PATH_MAX)
        return false;
    while (*path) {
        size_t len = strspn(++path, plain);
        if (len == 0 || *path == '.')
            return false;
        path += len;
        if (*path && *path != '/')
            return false;
    }
    return true;
}

char *site_root(const char *configured)
{
    if (*configured)
        return g_strdup(configured);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *installed =
        folder ? g_build_filename(folder, "..", "share", "plenum", "web", NULL) : NULL;
    if (installed && g_file_test(installed, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&installed);
    return g_strdup(PLENUM_WEB);
}

int site_check(const char *root, char *err, size_t err_len)
{
    g_autofree char *page = g_build_filename(root, "index.html", NULL);
    int fd = open(page, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int result = -errno;
        snprintf(err, err_len, "http.root: cannot read %s: %s", page, g_strerror(-result));
        return result;
    }
    close(fd);
    return 0;
}

static int read_all(int fd, size_t size, GBytes **body)
{
    char *bytes = g_malloc(size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, bytes + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    *body = g_bytes_new_take(bytes, len);
    return len == size ? 0 : -EIO; /* it shrank meanwhile: the length told would be wrong */
}

static int read_file(int fd, const char *if_none_match, struct site_file *file)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode))
        return -ENOENT;
    if (info.st_size > SITE_FILE_MAX)
        return -EFBIG;
    snprintf(file->etag, sizeof(file->etag), "\"%llx.%lx-%llx\"", (unsigned long long)info.st_mtim.tv_sec,
             (unsigned long)info.st_mtim.tv_nsec, (unsigned long long)info.st_size);
    if (if_none_match && strcmp(if_none_match, file->etag) == 0)
        return 0;
    return read_all(fd, (size_t)info.st_size, &file->body);
}

int site_read(const char *root, const char *path, const char *if_none_match, struct site_file *file)
{
    *file = (struct site_file){0};
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    if (!path_fits(path))
        return -ENOENT;
    file->mime = mime_of(path);
    g_autofree char *full = g_strconcat(root, path, NULL);
    int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    int result = read_file(fd, if_none_match, file);
    close(fd);
    if (result < 0)
        site_finish(file);
    return result;
}

void site_finish(struct site_file *file)
{
    g_clear_pointer(&file->body, g_bytes_unref);
}
