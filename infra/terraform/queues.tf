# Events that failed for good, and line protocol that arrives by message.

resource "aws_sqs_queue" "dead" {
  name                              = "${var.name}-dead"
  message_retention_seconds         = 1209600 # 14 days, the longest there is.
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 300
  tags                              = var.tags
}

resource "aws_sqs_queue" "ingest" {
  count = var.queue_enabled ? 1 : 0
  name  = "${var.name}-ingest"
  # Six times the function's time: a batch that waits for a throttled function is not handed out twice.
  visibility_timeout_seconds        = var.api_timeout_s * 6 + var.queue_window_s
  message_retention_seconds         = 345600
  receive_wait_time_seconds         = 20
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = var.kms_key_arn == null ? null : 300
  tags                              = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.queue_receives_max
  })
}

resource "aws_lambda_event_source_mapping" "ingest" {
  count                              = var.queue_enabled ? 1 : 0
  event_source_arn                   = aws_sqs_queue.ingest[0].arn
  function_name                      = aws_lambda_function.this["api"].arn
  batch_size                         = var.queue_batch_size
  maximum_batching_window_in_seconds = var.queue_window_s
  # A bad message is reported by its id and comes back alone; its neighbours are done.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.queue_concurrency_max
  }

  depends_on = [aws_iam_role_policy.store]
}
