/* A preloaded library with nothing in it: what preloading itself costs a program's start. */
int nothing_but_a_symbol;
