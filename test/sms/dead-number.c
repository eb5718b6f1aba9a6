/*
 * Put before the library of gammu: a number in FERRYMAN_DEAD_NUMBER takes no text, as a network answers for one that is not in use. What the
 * text is for stands in the message as UTF-16, wherever this version of gammu has it. Without headers: then a small compiler is enough.
 */
enum { looked_at = 1000, err_unknown_response = 16 };

void *dlsym(void *library, const char *name);
char *getenv(const char *name);
unsigned long strlen(const char *text);

int GSM_SendSMS(void *phone, void *message) {
  const char *dead = getenv("FERRYMAN_DEAD_NUMBER");
  unsigned long digits = dead ? strlen(dead) : 0;
  const unsigned char *bytes = message;
  for (unsigned long at = 0; digits > 0 && at + 2 * digits + 2 < looked_at; at++) {
    unsigned long same = 0;
    while (same < digits && bytes[at + 2 * same] == 0 && bytes[at + 2 * same + 1] == (unsigned char)dead[same]) same++;
    if (same == digits) return err_unknown_response;
  }
  void *next = (void *)-1L; /* RTLD_NEXT */
  int (*send)(void *, void *) = dlsym(next, "GSM_SendSMS");
  return send(phone, message);
}
