/** An AWS partition: its regions and the DNS suffixes of its hosts. */
export interface Partition {
  readonly name: string
  readonly regions: RegExp
  readonly dnsSuffix: string
  readonly dualStackDnsSuffix: string
}

const partition = (name: string, regions: RegExp, dnsSuffix: string, dualStackDnsSuffix: string): Partition => ({
  name,
  regions,
  dnsSuffix,
  dualStackDnsSuffix
})

const aws = partition(
  "aws",
  /^(aws-global|(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+)$/,
  "amazonaws.com",
  "api.aws"
)

const partitions: ReadonlyArray<Partition> = [
  aws,
  partition("aws-cn", /^(aws-cn-global|cn-\w+-\d+)$/, "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
  partition("aws-eusc", /^eusc-de-\w+-\d+$/, "amazonaws.eu", "api.amazonwebservices.eu"),
  partition("aws-iso", /^(aws-iso-global|us-iso-\w+-\d+)$/, "c2s.ic.gov", "api.aws.ic.gov"),
  partition("aws-iso-b", /^(aws-iso-b-global|us-isob-\w+-\d+)$/, "sc2s.sgov.gov", "api.aws.scloud"),
  partition("aws-iso-e", /^(aws-iso-e-global|eu-isoe-\w+-\d+)$/, "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
  partition("aws-iso-f", /^(aws-iso-f-global|us-isof-\w+-\d+)$/, "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
  partition("aws-us-gov", /^(aws-us-gov-global|us-gov-\w+-\d+)$/, "amazonaws.com", "api.aws")
]

/** The partition of a region. An unknown region belongs to `aws`, as in AWS's endpoint rules. */
export const partitionOf = (region: string): Partition => partitions.find((_) => _.regions.test(region)) ?? aws
