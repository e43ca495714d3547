/* notify: tells systemd how the service does (sd_notify(3), by hand: libsystemd would bring three more libraries). */
#ifndef NET_NOTIFY_H
#define NET_NOTIFY_H

/* Sends "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=..." to $NOTIFY_SOCKET; nothing when there is none. */
void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
