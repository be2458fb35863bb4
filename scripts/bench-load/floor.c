/*
 * floor - the least a server can do: what sipload's calls cost in C with one socket per leg.
 *
 * A bare echo or back-to-back agent on loopback: one epoll loop, one recvfrom and one sendto per packet, the RTP
 * header rewritten in place, nothing else. It speaks just enough SIP to be called by sipload (and by nobody else: no
 * timers, no checks), so that the benchmark can put a server's CPU beside this floor of the same machine and minute.
 *
 *   build   cc -O2 -Wall -o floor floor.c
 *   echo    ./floor SIP-PORT              bridge   ./floor SIP-PORT CALLED-PORT
 *
 * Prints "floor ready" when it takes calls; ends on SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FD 65536
#define MAX_CALLS 8192

typedef struct Leg {
  int fd, port;
  struct sockaddr_in remote;
  struct Leg *peer; /* itself when echoing */
  uint16_t seq;
  uint32_t ssrc;
} Leg;

typedef struct {
  char call_id[200];
  char via[600], from[300], to[300], cseq[64]; /* of the caller's INVITE */
  char called_to[300];                         /* To of the called party, with its tag */
  char answer[4096];                           /* our 200, for a repeated INVITE */
  int answered, ended;
  Leg caller, called;
  struct sockaddr_in caller_sip;
} Call;

static Leg *leg_of[MAX_FD];
static Call *calls[MAX_CALLS];
static int n_calls, ep, sip_fd, sip_port, called_port;

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static int open_socket(int port, int *bound) {
  struct sockaddr_in a = loopback(port);
  socklen_t size = sizeof a;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || fd >= MAX_FD || bind(fd, (struct sockaddr *)&a, size) < 0) {
    perror("floor: socket");
    exit(1);
  }
  getsockname(fd, (struct sockaddr *)&a, &size);
  if (bound) *bound = ntohs(a.sin_port);
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
  return fd;
}

static void leg_open(Leg *leg, Leg *peer) {
  leg->fd = open_socket(0, &leg->port);
  leg->peer = peer;
  leg->ssrc = (uint32_t)random();
  leg_of[leg->fd] = leg;
}

static void leg_close(Leg *leg) {
  if (leg->fd <= 0) return;
  leg_of[leg->fd] = NULL;
  close(leg->fd);
  leg->fd = 0;
}

/* The value of a header as it stands, without its line end; "" when absent. */
static void header(const char *msg, const char *name, char *out, size_t cap) {
  char key[40];
  snprintf(key, sizeof key, "\r\n%s: ", name);
  const char *at = strcasestr(msg, key), *end;
  out[0] = 0;
  if (!at || !(end = strstr(at + strlen(key), "\r\n"))) return;
  snprintf(out, cap, "%.*s", (int)(end - at - strlen(key)), at + strlen(key));
}

static void send_sip(const struct sockaddr_in *to, const char *text) {
  sendto(sip_fd, text, strlen(text), 0, (const struct sockaddr *)to, sizeof *to);
}

static void make_sdp(char *out, size_t cap, int port) {
  snprintf(out, cap,
           "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
           "a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n", port);
}

static void read_sdp(const char *msg, Leg *leg) {
  const char *media = strstr(msg, "m=audio ");
  if (media) leg->remote = loopback(atoi(media + 8));
}

static void reply_ok(const char *msg, const struct sockaddr_in *to) {
  char out[2048], via[600], from[300], called[300], id[200], cseq[64];
  header(msg, "Via", via, sizeof via), header(msg, "From", from, sizeof from), header(msg, "To", called, sizeof called);
  header(msg, "Call-ID", id, sizeof id), header(msg, "CSeq", cseq, sizeof cseq);
  snprintf(out, sizeof out, "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
           via, from, called, id, cseq);
  send_sip(to, out);
}

static void request_called(Call *call, int index, const char *method, int cseq) {
  char out[2048], sdp[400] = "";
  struct sockaddr_in to = loopback(called_port);
  if (!strcmp(method, "INVITE")) make_sdp(sdp, sizeof sdp, call->called.port);
  snprintf(out, sizeof out,
           "%s sip:uas@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKf%d%s;rport\r\nMax-Forwards: 70\r\n"
           "From: <sip:floor@127.0.0.1>;tag=f%d\r\nTo: %s\r\nCall-ID: floor-%d\r\nCSeq: %d %s\r\n"
           "Contact: <sip:floor@127.0.0.1:%d>\r\n%sContent-Length: %zu\r\n\r\n%s",
           method, called_port, sip_port, index, method, index, call->called_to, index, cseq, method, sip_port,
           *sdp ? "Content-Type: application/sdp\r\n" : "", strlen(sdp), sdp);
  send_sip(&to, out);
}

static void answer_caller(Call *call) {
  char sdp[400];
  make_sdp(sdp, sizeof sdp, call->caller.port);
  snprintf(call->answer, sizeof call->answer,
           "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=f\r\nCall-ID: %s\r\nCSeq: %s\r\n"
           "Contact: <sip:floor@127.0.0.1:%d>\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
           call->via, call->from, call->to, call->call_id, call->cseq, sip_port, strlen(sdp), sdp);
  call->answered = 1;
  send_sip(&call->caller_sip, call->answer);
}

static Call *find_call(const char *id) {
  for (int i = 0; i < n_calls; i++)
    if (!strcmp(calls[i]->call_id, id)) return calls[i];
  return NULL;
}

static void on_invite(const char *msg, const struct sockaddr_in *from) {
  char id[200];
  header(msg, "Call-ID", id, sizeof id);
  Call *call = find_call(id);
  if (call) {
    if (call->answered) send_sip(from, call->answer);
    return;
  }
  if (n_calls == MAX_CALLS || !(call = calloc(1, sizeof *call))) return;
  calls[n_calls] = call;
  snprintf(call->call_id, sizeof call->call_id, "%s", id);
  header(msg, "Via", call->via, sizeof call->via), header(msg, "From", call->from, sizeof call->from);
  header(msg, "To", call->to, sizeof call->to), header(msg, "CSeq", call->cseq, sizeof call->cseq);
  call->caller_sip = *from;
  leg_open(&call->caller, called_port ? &call->called : &call->caller);
  read_sdp(msg, &call->caller);
  if (called_port) {
    leg_open(&call->called, &call->caller);
    snprintf(call->called_to, sizeof call->called_to, "<sip:uas@127.0.0.1:%d>", called_port);
    request_called(call, n_calls, "INVITE", 1);
  } else
    answer_caller(call);
  n_calls++;
}

static void on_response(const char *msg) {
  char id[200], cseq[64];
  header(msg, "Call-ID", id, sizeof id), header(msg, "CSeq", cseq, sizeof cseq);
  int index = atoi(id + 6);
  if (strncmp(id, "floor-", 6) || index < 0 || index >= n_calls || !strstr(cseq, "INVITE") || atoi(msg + 8) != 200) return;
  Call *call = calls[index];
  header(msg, "To", call->called_to, sizeof call->called_to);
  read_sdp(msg, &call->called);
  request_called(call, index, "ACK", 1);
  if (!call->answered) answer_caller(call);
}

static void on_bye(const char *msg, const struct sockaddr_in *from) {
  char id[200];
  reply_ok(msg, from);
  header(msg, "Call-ID", id, sizeof id);
  for (int i = 0; i < n_calls; i++) {
    if (strcmp(calls[i]->call_id, id) || calls[i]->ended) continue;
    calls[i]->ended = 1;
    if (called_port) request_called(calls[i], i, "BYE", 2);
    leg_close(&calls[i]->caller);
    leg_close(&calls[i]->called);
  }
}

static void read_sip(void) {
  static char msg[65536];
  struct sockaddr_in from;
  for (;;) {
    socklen_t size = sizeof from;
    ssize_t n = recvfrom(sip_fd, msg, sizeof msg - 1, 0, (struct sockaddr *)&from, &size);
    if (n < 0) return;
    msg[n] = 0;
    if (!strncmp(msg, "SIP/2.0 ", 8)) on_response(msg);
    else if (!strncmp(msg, "INVITE ", 7)) on_invite(msg, &from);
    else if (!strncmp(msg, "BYE ", 4)) on_bye(msg, &from);
  }
}

static void relay(Leg *leg) {
  uint8_t packet[1500];
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  ssize_t n = recvfrom(leg->fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &size);
  if (n < 12 || from.sin_port != leg->remote.sin_port) return;
  Leg *out = leg->peer;
  if (!out || !out->remote.sin_port) return;
  uint16_t seq = htons(++out->seq);
  memcpy(packet + 2, &seq, 2);
  memcpy(packet + 8, &out->ssrc, 4);
  sendto(out->fd, packet, (size_t)n, 0, (struct sockaddr *)&out->remote, sizeof out->remote);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: floor SIP-PORT [CALLED-PORT]\n");
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  called_port = argc > 2 ? atoi(argv[2]) : 0;
  ep = epoll_create1(0);
  sip_fd = open_socket(atoi(argv[1]), &sip_port);
  printf("floor ready\n");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[1024];
    int n = epoll_wait(ep, events, 1024, -1);
    for (int i = 0; i < n; i++) {
      int fd = events[i].data.fd;
      if (fd == sip_fd) read_sip();
      else if (leg_of[fd]) relay(leg_of[fd]);
    }
  }
}
