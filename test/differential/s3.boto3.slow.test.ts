import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describe } from "vitest"
import { isInstalled, runAgainstEmulator, s3Emulator, temporaryFolder } from "../support/s3Emulator.ts"

const hasBoto3 = await isInstalled("python3", "-c", "import boto3")
if (!hasBoto3) {
  console.warn("Skipped, because boto3 is not installed: the emulated S3 and boto3")
}

const start = `
import boto3, hashlib, io, os, urllib.request, urllib.error
from botocore.client import Config
from botocore.exceptions import ClientError
def code(call, **input):
    try:
        call(**input)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
s3 = boto3.client("s3")
`

const programs: Record<string, string> = {
  "upload_file and download_file of 20 MB": `
data = os.urandom(20 * 1024 * 1024)
open("source", "wb").write(data)
s3.upload_file("source", "data", "dir/big", ExtraArgs={"Metadata": {"a": "1"}, "ContentType": "application/x-big"})
s3.download_file("data", "dir/big", "copy")
assert open("copy", "rb").read() == data
head = s3.head_object(Bucket="data", Key="dir/big")
assert head["Metadata"] == {"a": "1"} and head["ContentType"] == "application/x-big", head
s3.upload_fileobj(io.BytesIO(data[:100]), "data", "small")
assert s3.get_object(Bucket="data", Key="small")["Body"].read() == data[:100]
assert s3.list_multipart_uploads(Bucket="data").get("Uploads", []) == []`,
  "get_object with ranges and conditions": `
etag = s3.put_object(Bucket="data", Key="k", Body=b"0123456789")["ETag"]
assert etag == '"' + hashlib.md5(b"0123456789").hexdigest() + '"'
for range, expected in [("bytes=2-4", b"234"), ("bytes=8-", b"89"), ("bytes=-3", b"789"), ("bytes=0-100", b"0123456789")]:
    response = s3.get_object(Bucket="data", Key="k", Range=range)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert response["Body"].read() == expected, range
assert code(s3.get_object, Bucket="data", Key="k", Range="bytes=10-") == ("InvalidRange", 416)
assert code(s3.get_object, Bucket="data", Key="k", IfNoneMatch=etag) == ("304", 304)
assert code(s3.get_object, Bucket="data", Key="k", IfMatch='"x"') == ("PreconditionFailed", 412)
assert code(s3.put_object, Bucket="data", Key="k", Body=b"", IfNoneMatch="*") == ("PreconditionFailed", 412)
assert s3.get_object(Bucket="data", Key="k", ResponseContentType="a/b")["ContentType"] == "a/b"`,
  "list_objects_v2 with a paginator, and delete_objects": `
keys = sorted(["a/%d" % n for n in range(25)] + ["b c/\\u00e9+&<>%.txt", "c", "\\U0001f600", "\\uffee"], key=lambda k: k.encode())
for key in keys:
    s3.put_object(Bucket="data", Key=key, Body=b"x")
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="data", PaginationConfig={"PageSize": 7}))
assert [o["Key"] for page in pages for o in page["Contents"]] == keys
assert len(pages) == 5
pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket="data", Delimiter="/", PaginationConfig={"PageSize": 1}))
assert [p["Prefix"] for page in pages for p in page.get("CommonPrefixes", [])] == ["a/", "b c/"]
assert [o["Key"] for page in pages for o in page.get("Contents", [])] == ["c", "\\uffee", "\\U0001f600"]
assert [o["Key"] for o in s3.list_objects(Bucket="data", Prefix="a/2")["Contents"]] == ["a/2", "a/20", "a/21", "a/22", "a/23", "a/24"]
assert len(s3.list_objects_v2(Bucket="data", StartAfter="c")["Contents"]) == 2
assert s3.list_objects_v2(Bucket="data", MaxKeys=0)["KeyCount"] == 0
deleted = s3.delete_objects(Bucket="data", Delete={"Objects": [{"Key": key} for key in keys]})
assert sorted(d["Key"] for d in deleted["Deleted"]) == sorted(keys)
assert s3.list_objects_v2(Bucket="data")["KeyCount"] == 0`,
  "multipart uploads": `
part = b"p" * (5 * 1024 * 1024)
upload = s3.create_multipart_upload(Bucket="data", Key="k")["UploadId"]
def send(number, body):
    return {"PartNumber": number, "ETag": s3.upload_part(Bucket="data", Key="k", UploadId=upload, PartNumber=number, Body=body)["ETag"]}
def complete(parts):
    return code(s3.complete_multipart_upload, Bucket="data", Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
first, second, third = send(1, part), send(2, b"small"), send(3, part)
assert complete([first, second, third]) == ("EntityTooSmall", 400)
assert complete([third, first]) == ("InvalidPartOrder", 400)
assert complete([first, {**third, "ETag": '"x"'}]) == ("InvalidPart", 400)
assert [p["Size"] for p in s3.list_parts(Bucket="data", Key="k", UploadId=upload)["Parts"]] == [len(part), 5, len(part)]
assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket="data")["Uploads"]] == [upload]
assert code(s3.head_object, Bucket="data", Key="k") == ("404", 404)
assert complete([first, third]) is None
head = s3.head_object(Bucket="data", Key="k")
assert head["ContentLength"] == 2 * len(part)
assert head["ETag"] == '"' + hashlib.md5(hashlib.md5(part).digest() * 2).hexdigest() + '-2"'
assert s3.get_object(Bucket="data", Key="k", PartNumber=2)["Body"].read() == part
assert complete([first]) == ("NoSuchUpload", 404)
copied = s3.create_multipart_upload(Bucket="data", Key="copied")["UploadId"]
result = s3.upload_part_copy(Bucket="data", Key="copied", UploadId=copied, PartNumber=1, CopySource="data/k", CopySourceRange="bytes=0-9")
s3.complete_multipart_upload(Bucket="data", Key="copied", UploadId=copied, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": result["CopyPartResult"]["ETag"]}]})
assert s3.get_object(Bucket="data", Key="copied")["Body"].read() == b"p" * 10
aborted = s3.create_multipart_upload(Bucket="data", Key="k")["UploadId"]
s3.upload_part(Bucket="data", Key="k", UploadId=aborted, PartNumber=1, Body=b"x")
s3.abort_multipart_upload(Bucket="data", Key="k", UploadId=aborted)
assert code(s3.list_parts, Bucket="data", Key="k", UploadId=aborted) == ("NoSuchUpload", 404)`,
  "errors": `
assert code(s3.get_object, Bucket="data", Key="no") == ("NoSuchKey", 404)
assert code(s3.head_object, Bucket="data", Key="no") == ("404", 404)
assert code(s3.put_object, Bucket="data", Key="k" * 1025, Body=b"") == ("KeyTooLongError", 400)
assert code(s3.get_object_acl, Bucket="data", Key="k") == ("NotImplemented", 501)
assert code(s3.put_object, Bucket="data", Key="k", Body=b"a", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==") == ("BadDigest", 400)
assert code(s3.put_object, Bucket="data", Key="k", Body=b"a", ChecksumSHA256="A" * 43 + "=") == ("BadDigest", 400)
def client(key, secret, **options):
    return boto3.client("s3", aws_access_key_id=key, aws_secret_access_key=secret, **options)
keys = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
assert code(client(keys[0], "x").get_object, Bucket="data", Key="k") == ("SignatureDoesNotMatch", 403)
assert code(client("x", keys[1]).get_object, Bucket="data", Key="k") == ("InvalidAccessKeyId", 403)
assert code(client(*keys, aws_session_token="x").get_object, Bucket="data", Key="k") == ("InvalidToken", 400)
assert code(client(*keys, region_name="eu-west-2", config=Config(retries={"max_attempts": 1})).list_buckets) == ("AuthorizationHeaderMalformed", 400)`,
  "presigned URLs": `
s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
def send(method, url, data=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers={"content-type": ""})) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
put = s3.generate_presigned_url("put_object", Params={"Bucket": "data", "Key": "a b/\\u00e9'(1)!*"})
assert send("PUT", put, b"presigned")[0] == 200
get = s3.generate_presigned_url("get_object", Params={"Bucket": "data", "Key": "a b/\\u00e9'(1)!*", "ResponseContentType": "x/y"})
assert send("GET", get) == (200, b"presigned")
assert send("GET", get.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601"))[0] == 403
assert b"SignatureDoesNotMatch" in send("GET", get + "&response-expires=1")[1]
assert b"SignatureDoesNotMatch" in send("DELETE", get)[1]`
}

describe.skipIf(!hasBoto3)("boto3 and the emulated S3", () => {
  for (const [name, program] of Object.entries(programs)) {
    it.scopedLive(name, () =>
      Effect.gen(function*() {
        const cwd = yield* temporaryFolder
        const { code, stderr } = yield* runAgainstEmulator("python3", ["-c", `${start}${program}`], { cwd })
        assert.strictEqual(code, 0, stderr)
      }).pipe(Effect.provide(s3Emulator())), 120_000)
  }
})
