/** Frames of HTTP/2 as bytes, for connections that violate the protocol. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

export const types = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9
}

export const flags = { endStream: 1, endHeaders: 4 }

export const frame = (
  type: number,
  flagBits: number,
  stream: number,
  payload: Uint8Array = new Uint8Array()
): Buffer => {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flagBits, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export const settings = frame(types.settings, 0, 0)

const integer = (value: number): Buffer => {
  if (value < 127) {
    return Buffer.from([value])
  }
  const bytes = [127]
  let rest = value - 127
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

const string = (value: string): Buffer => Buffer.concat([integer(Buffer.byteLength(value)), Buffer.from(value)])

/** A header block without compression. */
export const headerBlock = (headers: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]))

export const requestHeaders = (path: string, more: Readonly<Record<string, string>> = {}): Buffer =>
  headerBlock({ ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost", ...more })

/** The frames that a server has sent. */
export const parseFrames = (
  bytes: Buffer
): ReadonlyArray<{ readonly type: number; readonly flags: number; readonly stream: number }> => {
  const frames = []
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    frames.push({ type: bytes.readUInt8(at + 3), flags: bytes.readUInt8(at + 4), stream: bytes.readUInt32BE(at + 5) })
  }
  return frames
}
