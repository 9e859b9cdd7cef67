/** Trusted certificates and the client certificate, checked before the first connection. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext, type SecureContext } from "node:tls"
import { ConfigurationError } from "../../../SageMakerError.ts"
import type { NodeHttpClientOptions } from "../../NodeHttpClient.ts"
import { readRegularFile } from "../config/regularFile.ts"
import { type ConfigLookup, type ConfigValue, fromEnvironment, string } from "../config/sources.ts"

type Pem = string | Uint8Array

/** The bundle of all public authorities has less than one megabyte. */
const maxBundleBytes = 16 * 1024 * 1024

const begin = "-----BEGIN CERTIFICATE-----"

/** OpenSSL accepts any text as certificates and then trusts none. */
const areCertificates = (pem: unknown): boolean => {
  if (typeof pem !== "string" && !(pem instanceof Uint8Array)) {
    return false
  }
  const [, ...certificates] = Buffer.from(pem).toString("latin1").split(begin)
  try {
    return certificates.length > 0 && certificates.every((rest) => new X509Certificate(begin + rest).raw.length > 0)
  } catch {
    return false
  }
}

const fromFile = ({ setting, source, value }: ConfigValue<string>): Effect.Effect<Array<Pem>, ConfigurationError> =>
  Effect.tryPromise({
    try: () => readRegularFile(value, maxBundleBytes),
    catch: () => new ConfigurationError({ setting, source, problem: "must name a readable, regular file" })
  }).pipe(
    Effect.filterOrFail(
      areCertificates,
      () => new ConfigurationError({ setting, source, problem: "must name a file with PEM certificates" })
    ),
    Effect.map((pem) => [pem])
  )

const fromCode = (ca: unknown): Effect.Effect<Array<Pem>, ConfigurationError> => {
  const all: ReadonlyArray<unknown> = Array.isArray(ca) ? ca : [ca]
  return all.length > 0 && all.every(areCertificates)
    ? Effect.succeed(all as Array<Pem>)
    : Effect.fail(new ConfigurationError({ setting: "http.ca", problem: "must be one or more PEM certificates" }))
}

const reveal = <A>(value: A | Redacted.Redacted<A>): A => (Redacted.isRedacted(value) ? Redacted.value(value) : value)

/** PEM texts, checked. `ca` replaces the runtime's certificates. */
export interface PemOptions {
  readonly ca?: Array<string>
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
}

const invalidIdentity = new ConfigurationError({
  setting: "http.cert or http.key",
  problem: "must be a PEM client certificate and its PEM private key"
})

/** Deno accepts any text as a certificate and a key, and then sends no certificate. */
const hasOwnKey = ({ cert, key, passphrase }: PemOptions): boolean =>
  cert === undefined || key === undefined ||
  new X509Certificate(cert).checkPrivateKey(createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) }))

const contextOf = (options: PemOptions): Effect.Effect<SecureContext, ConfigurationError> =>
  Effect.try({ try: () => hasOwnKey(options) && createSecureContext(options), catch: () => invalidIdentity }).pipe(
    Effect.filterOrFail((context) => context !== false, () => invalidIdentity)
  )

/** The file of trusted certificates, from the profile or the environment. */
export const caBundleOf = (caBundle: ConfigValue<string> | undefined): ConfigLookup<string> =>
  caBundle === undefined ? fromEnvironment("AWS_CA_BUNDLE", string) : Effect.succeed(caBundle)

/** TLS contexts, made once because a CA bundle takes long to parse. A proxy does not receive the client certificate. */
export interface Tls {
  readonly pem: PemOptions
  readonly service: { readonly secureContext?: SecureContext }
  readonly proxy: { readonly secureContext?: SecureContext }
}

/** The TLS contexts of the options. Default: the TLS context of Node. */
export const tlsOf = (
  { ca: customCa, cert, key, passphrase }: NodeHttpClientOptions,
  caBundle: ConfigValue<string> | undefined
): Effect.Effect<Tls, ConfigurationError> =>
  Effect.gen(function*() {
    const bundle = yield* caBundleOf(caBundle)
    const ca = customCa === undefined ? bundle && (yield* fromFile(bundle)) : yield* fromCode(customCa)
    const trust: PemOptions = ca === undefined ? {} : { ca: ca as Array<string> }
    const pem: PemOptions = {
      ...trust,
      ...(cert !== undefined && { cert: cert as string }),
      ...(key !== undefined && { key: reveal(key) as string }),
      ...(passphrase !== undefined && { passphrase: reveal(passphrase) })
    }
    return {
      pem,
      service: Object.keys(pem).length === 0 ? {} : { secureContext: yield* contextOf(pem) },
      proxy: ca === undefined ? {} : { secureContext: yield* contextOf(trust) }
    }
  })
