# One package, two functions: they differ in rights, memory and time, and a busy api cannot starve maintenance.

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  for_each      = local.functions
  function_name = "${var.name}-${each.key}"
  description   = each.value.description
  role          = aws_iam_role.function[each.key].arn

  runtime          = "provided.al2023"
  handler          = "bootstrap" # Required by the API; the runtime starts /bootstrap whatever it says.
  architectures    = [var.architecture]
  filename         = var.package_path
  source_code_hash = filebase64sha256(var.package_path)

  memory_size                    = each.value.memory_mb
  timeout                        = each.value.timeout_s
  reserved_concurrent_executions = each.value.concurrency

  environment {
    # Memory limits and the time of a query follow from the function's own memory and deadline: docs/lambda.md.
    variables = merge(
      {
        TIDEWELL_STORE           = local.store_url
        TIDEWELL_WAL_MODE        = "object"
        TIDEWELL_LAMBDA_RESPONSE = var.url_streaming && each.key == "api" ? "stream" : "buffered"
        TIDEWELL_DB              = var.queue_db
      },
      local.results ? { TIDEWELL_LAMBDA_RESULTS = "s3://${var.bucket_name}/${var.results_prefix}" } : {},
      local.imports ? { TIDEWELL_LAMBDA_IMPORT_PREFIX = "${var.import_prefix}/" } : {},
      var.environment,
    )
  }

  tags       = var.tags
  depends_on = [aws_iam_role_policy.logs, aws_iam_role_policy.store]
}

# Schedules and S3 call `work` asynchronously: two retries with the same request id, then the event is kept.
resource "aws_lambda_function_event_invoke_config" "work" {
  function_name                = aws_lambda_function.this["work"].function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead.arn
    }
  }

  depends_on = [aws_iam_role_policy.store]
}
