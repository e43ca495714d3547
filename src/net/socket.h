/*
 * socket: what is said to the kernel of every TCP socket of ours. What is said of a listening socket holds for those that it
 * accepts. A socket that knows no TCP (a unix socket) is left as it is.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#define SOCKET_GONE_S 60 /* a peer of which nothing has been heard for so long is gone */

/* Sends what is written at once, instead of waiting for more. */
void socket_at_once(int fd);
/*
 * A peer that vanishes without a word ends its connection: SOCKET_GONE_S after the last that was heard of it, whether nothing
 * is under way (RFC 1122 section 4.2.3.6) or something that it does not acknowledge (RFC 5482).
 */
void socket_mortal(int fd);

#endif
