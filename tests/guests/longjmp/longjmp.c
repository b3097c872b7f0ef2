// Jumps out of many frames at once: `setjmp` and `longjmp`, which for WebAssembly are made of
// exceptions.

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static jmp_buf outer, inner;

__attribute__((noinline)) static void parse(const char *text, int depth) {
  switch (*text) {
    case '(':
      parse(text + 1, depth + 1);
      break;
    case ')':
      parse(text + 1, depth - 1);
      break;
    case 0:
      if (depth != 0) longjmp(outer, depth);
      break;
    default:
      longjmp(inner, *text);
  }
}

static void check(const char *text) {
  // Changed between `setjmp` and `longjmp`, so it has to be volatile.
  volatile int tries = 0;
  int wrong = setjmp(inner);
  if (wrong) printf("%s: unexpected %c\n", text, wrong);
  int open = setjmp(outer);
  if (open) {
    printf("%s: %d left open, %d tried\n", text, open, tries);
    return;
  }
  if (tries++ == 0) parse(text, 0);
  printf("%s: done\n", text);
}

static int compared;

static int compare(const void *a, const void *b) {
  // Out of the middle of a library's function.
  if (++compared == 5) longjmp(outer, 0);
  return *(const int *)a - *(const int *)b;
}

int main(void) {
  check("(()())");
  check("((())");
  check("((x");

  int numbers[] = {9, 1, 8, 2, 7, 3, 6};
  int jumped = setjmp(outer);
  if (jumped == 0) {
    qsort(numbers, sizeof numbers / sizeof *numbers, sizeof *numbers, compare);
    puts("sorted");
  } else {
    printf("stopped sorting after %d, with %d\n", compared, jumped);
  }

  volatile int count = 0;
  volatile long sum = 0;
  int value = setjmp(inner);
  sum += value;
  if (count < 20000) {
    count++;
    longjmp(inner, count % 3 + 1);
  }
  printf("%d jumps, %ld\n", count, sum);
  return 0;
}
