#include "show.h"

struct hidden {
    int secret;
    struct hidden *self;
};

struct hidden *make_hidden(int secret);
int reveal(const struct hidden *hidden);

struct hidden *make_hidden(int secret) {
    static struct hidden hidden;
    hidden.secret = secret;
    hidden.self = &hidden;
    return &hidden;
}

int reveal(const struct hidden *hidden) { return hidden->secret; }
