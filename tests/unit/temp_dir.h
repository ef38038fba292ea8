/* temp_dir.h - a directory of a test's own. */
#ifndef UNIT_TEMP_DIR_H
#define UNIT_TEMP_DIR_H

enum { TEMP_PATH = 512 };

/* Make a fresh one under $TMPDIR. */
void temp_dir_make(char out[static TEMP_PATH]);
/* With everything in it. */
void temp_dir_remove(const char *path);
/* "path/name" */
void temp_dir_file(char out[static TEMP_PATH], const char *path, const char *name);

#endif
