#include "temp_dir.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

void temp_dir_make(char out[static TEMP_PATH])
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(out, TEMP_PATH, "%s/laiyu-test-XXXXXX", base && *base ? base : "/tmp");
    assert(n > 0 && n < TEMP_PATH);
    if (!mkdtemp(out))
        abort();
}

void temp_dir_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void temp_dir_file(char out[static TEMP_PATH], const char *path, const char *name)
{
    int n = snprintf(out, TEMP_PATH, "%s/%s", path, name);
    assert(n > 0 && n < TEMP_PATH);
}
