//===-- screen.c - A screen of text and its keys over ncurses -------------===//
//
// Part of Apus.
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#define NCURSES_WIDECHAR 1

#include "apus_screen.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <ncursesw/curses.h>
#include <ncursesw/term.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static SCREEN *screen;
static int signal_file = -1;
static sigset_t mask_before;
static attr_t attributes[APUS_SCREEN_ATTRIBUTE_COUNT];

/// What puts the terminal right from a signal handler: its settings, and what it is to be sent.
static struct termios settings_before;
static char farewell[128];
static size_t farewell_length;

static int const fatal_signals[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
#define FATAL_SIGNAL_COUNT (sizeof fatal_signals / sizeof fatal_signals[0])
static struct sigaction actions_before[FATAL_SIGNAL_COUNT];

/// Only calls that are safe in a signal handler. The action is reset, so the signal then ends us.
static void end_in_order(int number) {
    ssize_t const written = write(STDOUT_FILENO, farewell, farewell_length);
    (void)written;
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &settings_before);
    (void)raise(number);
}

static void prepare_farewell(void) {
    static char const *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    farewell_length = 0;
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        char const *const text = tigetstr(names[index]);
        if (text == NULL || text == (char const *)-1) continue;
        size_t const length = strlen(text);
        if (farewell_length + length > sizeof farewell) continue;
        memcpy(farewell + farewell_length, text, length);
        farewell_length += length;
    }
    for (size_t index = 0; index < FATAL_SIGNAL_COUNT; index++) {
        struct sigaction action = {.sa_handler = end_in_order};
        action.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
        (void)sigaction(fatal_signals[index], &action, &actions_before[index]);
    }
}

static attr_t pair(short number, short colour) {
    return init_pair(number, colour, -1) == OK ? (attr_t)COLOR_PAIR(number) : A_NORMAL;
}

static void prepare_attributes(int with_colours) {
    for (int index = 0; index < APUS_SCREEN_ATTRIBUTE_COUNT; index++) attributes[index] = A_NORMAL;
    attributes[APUS_SCREEN_TITLE] = A_BOLD;
    attributes[APUS_SCREEN_DIM] = A_DIM;
    attributes[APUS_SCREEN_ALARM] = A_BOLD;
    attributes[APUS_SCREEN_SELECTED] = A_REVERSE;
    if (!with_colours || !has_colors() || start_color() != OK || use_default_colors() != OK) return;
    attributes[APUS_SCREEN_GOOD] = pair(1, COLOR_GREEN);
    attributes[APUS_SCREEN_WARNING] = pair(2, COLOR_YELLOW);
    attributes[APUS_SCREEN_ALARM] = A_BOLD | pair(3, COLOR_RED);
    attributes[APUS_SCREEN_ACCENT] = pair(4, COLOR_CYAN);
    // Of the 256 colours of xterm, blue over violet and orange to yellow; of eight, the nearest.
    static short const many[] = {25, 97, 208, 226};
    static short const few[] = {COLOR_BLUE, COLOR_MAGENTA, COLOR_RED, COLOR_YELLOW};
    for (short level = 0; level < 4; level++) {
        attributes[APUS_SCREEN_HEAT + level] =
            pair((short)(5 + level), COLORS >= 256 ? many[level] : few[level]);
    }
}

static int block_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGWINCH);
    if (sigprocmask(SIG_BLOCK, &set, &mask_before) != 0) return -errno;
    signal_file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signal_file >= 0) return 0;
    int const code = -errno;
    (void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
    return code;
}

int apus_screen_open(int with_colours) {
    if (screen != NULL) return -EBUSY;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return -ENOTTY;
    if (tcgetattr(STDIN_FILENO, &settings_before) != 0) return -errno;
    (void)setlocale(LC_CTYPE, "");
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK) return -ENOTSUP;
    char const *const place = tigetstr("cup");
    if (place == NULL || place == (char const *)-1) return -ENOTSUP;
    int const code = block_signals();
    if (code != 0) return code;
    screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        apus_screen_close();
        return -ENOTSUP;
    }
    prepare_farewell();
    set_escdelay(25);
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)curs_set(0);
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    prepare_attributes(with_colours);
    return 0;
}

void apus_screen_close(void) {
    if (screen != NULL) {
        // Of a window that was made larger, tmux keeps what the screen before it did not have.
        (void)erase();
        (void)refresh();
        (void)endwin();
        delscreen(screen);
        screen = NULL;
        for (size_t index = 0; index < FATAL_SIGNAL_COUNT; index++) {
            (void)sigaction(fatal_signals[index], &actions_before[index], NULL);
        }
    }
    if (signal_file < 0) return;
    // What is pending has been heeded; unblocked, it would end the process before its own end.
    struct signalfd_siginfo seen;
    while (read(signal_file, &seen, sizeof seen) == (ssize_t)sizeof seen) {}
    (void)close(signal_file);
    signal_file = -1;
    (void)sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

int apus_screen_is_unicode(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

// "columns" is a macro of <term.h>.
void apus_screen_size(int *height, int *width) {
    *height = LINES > 0 ? LINES : 1;
    *width = COLS > 0 ? COLS : 1;
}

void apus_screen_clear(void) { (void)erase(); }

void apus_screen_put(int row, int column, char const *bytes, size_t count, int attribute) {
    if (attribute < 0 || attribute >= APUS_SCREEN_ATTRIBUTE_COUNT || count > INT_MAX) return;
    if (row < 0 || row >= LINES || column < 0 || column >= COLS) return;
    (void)attrset((int)attributes[attribute]);
    // The last place of the screen is an error to ncurses, though it is drawn.
    (void)mvaddnstr(row, column, bytes, (int)count);
}

void apus_screen_show(void) { (void)refresh(); }

/// Takes the terminal's new size in.
static int resize(void) {
    struct winsize window;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 0 && window.ws_col > 0) {
        (void)resizeterm(window.ws_row, window.ws_col);
    }
    return APUS_KEY_RESIZE;
}

static int key_of(int kind, wint_t code) {
    if (kind == OK) return code == 0x7f || code == '\b' ? APUS_KEY_ERASE : (int)code;
    switch (code) {
    case KEY_RESIZE: return APUS_KEY_RESIZE;
    case KEY_UP: return APUS_KEY_UP;
    case KEY_DOWN: return APUS_KEY_DOWN;
    case KEY_LEFT: return APUS_KEY_LEFT;
    case KEY_RIGHT: return APUS_KEY_RIGHT;
    case KEY_PPAGE: return APUS_KEY_PAGE_UP;
    case KEY_NPAGE: return APUS_KEY_PAGE_DOWN;
    case KEY_HOME: return APUS_KEY_HOME;
    case KEY_END: return APUS_KEY_END;
    case KEY_BACKSPACE: return APUS_KEY_ERASE;
    case KEY_ENTER: return '\r';
    default: return APUS_KEY_OTHER;
    }
}

/// A key that is there already, or APUS_KEY_NONE.
static int pending_key(void) {
    wint_t code = 0;
    int const kind = get_wch(&code);
    return kind == ERR ? APUS_KEY_NONE : key_of(kind, code);
}

int apus_screen_key(uint64_t timeout_ns) {
    int const waiting = pending_key();
    if (waiting != APUS_KEY_NONE) return waiting;
    struct pollfd files[] = {{STDIN_FILENO, POLLIN, 0}, {signal_file, POLLIN, 0}};
    struct timespec const timeout = {(time_t)(timeout_ns / 1000000000u),
                                     (long)(timeout_ns % 1000000000u)};
    if (ppoll(files, 2, &timeout, NULL) <= 0) return APUS_KEY_NONE;
    struct signalfd_siginfo seen;
    if (files[1].revents != 0 && read(signal_file, &seen, sizeof seen) == (ssize_t)sizeof seen) {
        return seen.ssi_signo == SIGWINCH ? resize() : APUS_KEY_STOP;
    }
    if ((files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return APUS_KEY_STOP;
    return pending_key();
}
