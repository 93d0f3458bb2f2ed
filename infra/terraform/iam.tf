# What the functions may do. `api` cannot delete: only gc needs to, and gc runs in `work`.

data "aws_iam_policy_document" "assume_lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# Reading and adding to the store: what writes, queries, folds and every other verb but gc do.
data "aws_iam_policy_document" "store" {
  # GET and HEAD of objects, byte ranges included.
  statement {
    sid       = "ReadStore"
    actions   = ["s3:GetObject"]
    resources = ["${local.bucket_arn}/${local.store_root}*"]
  }

  # Creates (If-None-Match), replacements of hint and floor (If-Match), and parts of large uploads.
  statement {
    sid       = "AddToStore"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/${local.store_root}*"]
  }

  # Giving up a large upload frees its parts at once; it cannot touch an object.
  statement {
    sid       = "GiveUpUploads"
    actions   = ["s3:AbortMultipartUpload"]
    resources = ["${local.bucket_arn}/${local.store_root}*"]
  }

  # Listings of the log. Also why a missing object is 404 and not 403: the next commit is found by asking for it.
  statement {
    sid       = "ListStore"
    actions   = ["s3:ListBucket"]
    resources = [local.bucket_arn]

    dynamic "condition" {
      for_each = var.store_prefix == "" ? [] : [1]
      content {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = concat(["${local.store_root}*"], local.imports ? ["${var.import_prefix}/*"] : [])
      }
    }
  }

  # Imported files are read by imports, registered ones stay where they are and are read by queries.
  dynamic "statement" {
    for_each = local.imports ? [1] : []
    content {
      sid       = "ReadImports"
      actions   = ["s3:GetObject"]
      resources = ["${local.bucket_arn}/${var.import_prefix}/*"]
    }
  }

  # S3 and SQS encrypt and decrypt in the caller's name.
  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "api" {
  source_policy_documents = [data.aws_iam_policy_document.store.json]

  # Large answers: put by the function, read by whoever has the presigned link, which is worth what its signer may do.
  dynamic "statement" {
    for_each = local.results ? [1] : []
    content {
      sid       = "HandOutResults"
      actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
      resources = ["${local.bucket_arn}/${var.results_prefix}/*"]
    }
  }

  # The event source mapping polls the queue with the function's role.
  dynamic "statement" {
    for_each = var.queue_enabled ? [1] : []
    content {
      sid       = "TakeMessages"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = [aws_sqs_queue.ingest[0].arn]
    }
  }
}

data "aws_iam_policy_document" "work" {
  source_policy_documents = [data.aws_iam_policy_document.store.json]

  # gc, by kind of object: never meta/format, hint or floor. Also segments of a refused commit, by whoever staged them.
  statement {
    sid       = "Collect"
    actions   = ["s3:DeleteObject"]
    resources = [for kind in ["log", "ckpt", "idx", "gen", "wal", "hot", "cold"] : "${local.bucket_arn}/${local.store_root}db/*/${kind}/*"]
  }

  # A failed import or schedule leaves its event in the dead-letter queue, in the function's name.
  statement {
    sid       = "ReportFailures"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead.arn]
  }
}

# Log lines, to the function's own group; the group itself is made here, with its retention.
data "aws_iam_policy_document" "logs" {
  for_each = local.functions

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function[each.key].arn}:*"]
  }
}

resource "aws_iam_role" "function" {
  for_each             = local.functions
  name                 = "${var.name}-${each.key}"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.assume_lambda.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "store" {
  for_each = local.functions
  name     = "store"
  role     = aws_iam_role.function[each.key].id
  policy   = each.value.policy
}

resource "aws_iam_role_policy" "logs" {
  for_each = local.functions
  name     = "logs"
  role     = aws_iam_role.function[each.key].id
  policy   = data.aws_iam_policy_document.logs[each.key].json
}
