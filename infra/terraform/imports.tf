# New files in the import folder start `work`.

resource "aws_lambda_permission" "imports" {
  count          = local.imports ? 1 : 0
  statement_id   = "ImportsFromBucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this["work"].function_name
  principal      = "s3.amazonaws.com"
  source_arn     = local.bucket_arn
  source_account = data.aws_caller_identity.current.account_id # A bucket's name may come to belong to another account.
}

# S3 keeps one notification configuration a bucket, and this is it.
resource "aws_s3_bucket_notification" "imports" {
  count  = local.imports ? 1 : 0
  bucket = var.create_bucket ? aws_s3_bucket.store[0].id : var.bucket_name

  dynamic "lambda_function" {
    for_each = var.import_suffixes
    content {
      lambda_function_arn = aws_lambda_function.this["work"].arn
      events              = ["s3:ObjectCreated:*"]
      filter_prefix       = "${var.import_prefix}/"
      filter_suffix       = lambda_function.value
    }
  }

  depends_on = [aws_lambda_permission.imports]
}
