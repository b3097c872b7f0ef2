// Prints its arguments, its environment and what stands on its standard input.

#include <stdio.h>

extern char **environ;

int main(int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        printf("argument %d: %s\n", i, argv[i]);
    }
    for (char **variable = environ; *variable != NULL; variable++) {
        printf("variable: %s\n", *variable);
    }
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("input: %s", line);
    }
    return 0;
}
