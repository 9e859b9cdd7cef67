/** Values of the requests that must not be printed. Their letters are in no other text. */
export const canaries = {
  body: "zqxjkvbw7391",
  attributes: "qzwvxkjp5527",
  secretKey: "vkzqjwxb8846qzkj",
  token: "xwqzvkjb6618zzqq"
}
