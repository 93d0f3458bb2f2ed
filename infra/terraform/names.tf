# What several files need to know of each other.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

locals {
  bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.bucket_name}"

  # "tidewell/" or "": what stands before every object of the store.
  store_root = var.store_prefix == "" ? "" : "${var.store_prefix}/"
  store_url  = var.store_prefix == "" ? "s3://${var.bucket_name}" : "s3://${var.bucket_name}/${var.store_prefix}"

  imports = var.import_prefix != null
  results = var.results_prefix != null

  functions = {
    api = {
      description = "Tidewell: writes and queries"
      memory_mb   = var.api_memory_mb
      timeout_s   = var.api_timeout_s
      concurrency = var.api_reserved_concurrency
      policy      = data.aws_iam_policy_document.api.json
    }
    work = {
      description = "Tidewell: maintenance and imports"
      memory_mb   = var.work_memory_mb
      timeout_s   = var.work_timeout_s
      concurrency = var.work_reserved_concurrency
      policy      = data.aws_iam_policy_document.work.json
    }
  }
}
