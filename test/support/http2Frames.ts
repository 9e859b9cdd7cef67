import { Effect } from "effect"
import type { Socket } from "node:net"
import { serveTcp } from "./server.ts"

/** A frame of HTTP/2. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const frameTypes = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9
}

export const flags = { endStream: 1, ack: 1, endHeaders: 4 }

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/** The bytes of a frame. */
export const frame = (
  type: keyof typeof frameTypes,
  flag: number,
  stream: number,
  payload: Uint8Array = Buffer.of()
) => {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(frameTypes[type], 3)
  header.writeUInt8(flag, 4)
  header.writeUInt32BE(stream, 5)
  return Buffer.concat([header, payload])
}

export const uint32 = (...values: ReadonlyArray<number>): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index))
  return bytes
}

/** One setting, by number. */
export const setting = (id: number, value: number): Buffer => {
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(id, 0)
  bytes.writeUInt32BE(value, 2)
  return bytes
}

/** A header without compression. */
export const header = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name),
    value.length < 127 ? Buffer.of(value.length) : Buffer.of(127, ...lengthBytes(value.length - 127)),
    Buffer.from(value)
  ])

const lengthBytes = (length: number): ReadonlyArray<number> =>
  length < 128 ? [length] : [(length % 128) + 128, ...lengthBytes(Math.floor(length / 128))]

/** The headers of a response with status 200. */
export const status200 = Buffer.of(0x88)

/** A connection of a server that writes frames itself. */
export interface FrameConnection {
  readonly socket: Socket
  /** The number of the connection, from 1. */
  readonly nth: number
  readonly write: (...frames: ReadonlyArray<Uint8Array>) => void
}

const noHandler = () => undefined

/** The behaviour of a server that writes frames itself. */
export interface FrameServer {
  /** Runs after the preface of the client; the default sends empty settings. */
  readonly connected?: (connection: FrameConnection) => void
  /** Runs for each frame. Settings of the client are acknowledged before. */
  readonly received?: (frame: Frame, connection: FrameConnection) => void
}

const parse = (connection: FrameConnection, server: FrameServer, frames: Array<Frame>) => {
  const { connected = ({ write }) => write(frame("settings", 0, 0)), received = noHandler } = server
  let buffered = Buffer.alloc(0)
  let isConnected = false
  return (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    if (!isConnected && buffered.length >= preface.length) {
      isConnected = true
      buffered = buffered.subarray(preface.length)
      connected(connection)
    }
    if (!isConnected) {
      return
    }
    while (buffered.length >= 9 && buffered.length >= 9 + buffered.readUIntBE(0, 3)) {
      const length = 9 + buffered.readUIntBE(0, 3)
      const next = {
        type: buffered.readUInt8(3),
        flags: buffered.readUInt8(4),
        stream: buffered.readUInt32BE(5),
        payload: Buffer.from(buffered.subarray(9, length))
      }
      buffered = buffered.subarray(length)
      frames.push(next)
      if (next.type === frameTypes.settings && next.flags === 0) {
        connection.write(frame("settings", flags.ack, 0))
      }
      received(next, connection)
    }
  }
}

/** An HTTP/2 server without TLS that writes its frames itself and records those of its clients. */
export const serveFrames = (server: FrameServer) =>
  Effect.suspend(() => {
    const frames: Array<Frame> = []
    return Effect.map(
      serveTcp((socket, nth) => {
        const write = (...parts: ReadonlyArray<Uint8Array>) => {
          if (!socket.destroyed) {
            socket.write(Buffer.concat(parts))
          }
        }
        socket.on("data", parse({ socket, nth, write }, server, frames))
      }),
      (listening) => ({
        ...listening,
        url: `http://127.0.0.1:${listening.port}`,
        /** The frames of one type, or all frames, that clients have sent. */
        frames: (type?: keyof typeof frameTypes): ReadonlyArray<Frame> =>
          frames.filter((one) => type === undefined || one.type === frameTypes[type])
      })
    )
  })
