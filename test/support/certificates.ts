// oxlint-disable-next-line import/no-unassigned-import
import "reflect-metadata"
import * as x509 from "@peculiar/x509"
import { Effect } from "effect"
import { webcrypto } from "node:crypto"

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
const day = 24 * 60 * 60 * 1000

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])

const pemOfKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")

const validity = () => ({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) })

/** A certificate and its private key, as PEM. */
interface Identity {
  readonly cert: string
  readonly key: string
}

/** A private certificate authority with a certificate for 127.0.0.1 and one for a client. */
export interface Certificates {
  readonly ca: string
  readonly server: Identity
  readonly client: Identity
}

const make = async (): Promise<Certificates> => {
  x509.cryptoProvider.set(webcrypto as Crypto)
  const authority = await newKeys()
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=Test CA",
    ...validity(),
    signingAlgorithm: algorithm,
    keys: authority,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)
    ]
  })
  const issue = async (serialNumber: string, name: string): Promise<Identity> => {
    const keys = await newKeys()
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject: `CN=${name}`,
      issuer: root.subject,
      ...validity(),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: authority.privateKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])
      ]
    })
    return { cert: certificate.toString("pem"), key: await pemOfKey(keys.privateKey) }
  }
  return { ca: root.toString("pem"), server: await issue("02", "server"), client: await issue("03", "client") }
}

/** Generates the certificates once per process. */
export const certificates: Effect.Effect<Certificates> = Effect.runSync(Effect.cached(Effect.promise(make)))
