//===-- apus_screen.h - A screen of text and its keys -----------*- C -*-===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
// The terminal that standard input and output are connected to, through ncurses. One screen in a
// process, used by one thread. It is left as it was found by apus_screen_close, and by signals that
// end the process whatever it does: of a fault, an abort, a trap.
//
//===----------------------------------------------------------------------===//

#ifndef APUS_SCREEN_H
#define APUS_SCREEN_H

#include "apus_base.h"

/// How text is shown. Without colours, those that differ by colour alone look plain.
typedef enum APUS_SWIFT_NAME(ScreenAttribute) apus_screen_attribute {
    APUS_SCREEN_PLAIN = 0,
    APUS_SCREEN_TITLE = 1,    ///< Bold.
    APUS_SCREEN_DIM = 2,
    APUS_SCREEN_GOOD = 3,     ///< Green.
    APUS_SCREEN_WARNING = 4,  ///< Yellow.
    APUS_SCREEN_ALARM = 5,    ///< Bold and red.
    APUS_SCREEN_SELECTED = 6, ///< Reverse.
    APUS_SCREEN_ACCENT = 7,   ///< Cyan.
    APUS_SCREEN_HEAT = 8,     ///< 8...11: cold to hot.
    APUS_SCREEN_ATTRIBUTE_COUNT = 12,
} apus_screen_attribute_t;

/// Keys that are no character; characters are their Unicode scalar. Values above Unicode.
#define APUS_KEY_NONE (-1)    ///< The time is over.
#define APUS_KEY_STOP (-2)    ///< A signal asks to stop, or the terminal is gone.
#define APUS_KEY_RESIZE 0x200000
#define APUS_KEY_UP 0x200001
#define APUS_KEY_DOWN 0x200002
#define APUS_KEY_LEFT 0x200003
#define APUS_KEY_RIGHT 0x200004
#define APUS_KEY_PAGE_UP 0x200005
#define APUS_KEY_PAGE_DOWN 0x200006
#define APUS_KEY_HOME 0x200007
#define APUS_KEY_END 0x200008
#define APUS_KEY_ERASE 0x200009
#define APUS_KEY_OTHER 0x20000a

/// Takes the terminal over and blocks SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH, which
/// apus_screen_key then tells of. Before any other thread starts.
///
/// @param with_colours  0: bold, dim and reverse only.
/// @return 0; -ENOTTY when input or output is no terminal; -ENOTSUP when its kind (TERM) is not
///         known or cannot place text; -EBUSY for a second screen; -errno.
int apus_screen_open(int with_colours);
/// Gives the terminal back as it was. Does nothing when no screen is open.
void apus_screen_close(void);
/// True when the locale's encoding is UTF-8.
int apus_screen_is_unicode(void);
/// Rows and columns, each at least 1.
void apus_screen_size(int *rows, int *columns);
/// Empties what is to be shown next.
void apus_screen_clear(void);
/// Puts `count` bytes of the locale's encoding, without control characters, at `row` and `column`;
/// what does not fit is cut.
void apus_screen_put(int row, int column, char const *bytes, size_t count, int attribute);
/// Shows it: only what differs from the screen is sent.
void apus_screen_show(void);
/// Waits for a key for at most `timeout_ns`: a character, or one of APUS_KEY_….
int apus_screen_key(uint64_t timeout_ns);

#endif
