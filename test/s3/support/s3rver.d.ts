declare module "s3rver" {
  import type { AddressInfo } from "node:net"

  /** A server of the Amazon S3 API, which stores objects in a folder. */
  export default class S3rver {
    readonly httpServer?: { readonly closeAllConnections: () => void }
    constructor(options: {
      readonly address: string
      readonly port: number
      readonly silent: boolean
      readonly directory: string
      readonly configureBuckets: ReadonlyArray<{ readonly name: string }>
    })
    run(): Promise<AddressInfo>
    close(): Promise<void>
  }
}
