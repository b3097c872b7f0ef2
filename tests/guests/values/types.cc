// A few types that the compiler describes in units of their own. As in values.c, it calls `mark` and
// then prints.
#include "show.h"

namespace shapes {

enum class Color { red, green };

struct Point {
    int x;
    short y;
};

struct Node {
    Point at;
    Color color;
    Node *next;
};

} // namespace shapes

__attribute__((noinline)) static void nodes(shapes::Node *node, shapes::Color color) {
    shapes::Point *point = &node->at;
    mark();
    SHOW_I(point->x);
    SHOW_I(point->y);
    SHOW_AS(color, "Color::green");
    SHOW_AS(node->color, "Color::red");
    SHOW_I(node->next->at.x);
    if (color != shapes::Color::green) __builtin_trap();
}

int main() {
    shapes::Node node = {{5, 6}, shapes::Color::red, nullptr};
    node.next = &node;
    nodes(&node, shapes::Color::green);
    return 0;
}
