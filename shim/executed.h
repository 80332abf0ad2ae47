/* The program's name. */
#ifndef EXECUTED_H
#define EXECUTED_H

/* Of the file that was executed, be it a link or a script, without directories. */
const char *executed_name(void);

#endif
