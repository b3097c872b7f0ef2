// files cat PATH...          prints files
// files write PATH TEXT      writes a file
// files list PATH            lists a folder

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *path) {
    fprintf(stderr, "files: %s: %s\n", path, strerror(errno));
    return 1;
}

static int cat(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return fail(path);
    int byte;
    while ((byte = getc(file)) != EOF) putchar(byte);
    fclose(file);
    return 0;
}

static int write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return fail(path);
    fputs(text, file);
    return fclose(file) == 0 ? 0 : fail(path);
}

static int list(const char *path) {
    DIR *folder = opendir(path);
    if (folder == NULL) return fail(path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) puts(entry->d_name);
    closedir(folder);
    return 0;
}

int main(int argc, char **argv) {
    int status = 0;
    if (argc >= 3 && strcmp(argv[1], "cat") == 0) {
        for (int i = 2; i < argc; i++) status |= cat(argv[i]);
    } else if (argc == 4 && strcmp(argv[1], "write") == 0) {
        status = write_text(argv[2], argv[3]);
    } else if (argc == 3 && strcmp(argv[1], "list") == 0) {
        status = list(argv[2]);
    } else {
        fputs("usage: files cat PATH... | write PATH TEXT | list PATH\n", stderr);
        status = 2;
    }
    return status;
}
