# What a plan with few settings makes. Providers are mocked: no account, no request.
# package_path comes from the command line: any zip file will do.

mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  bucket_name = "tidewell-test-bucket"
}

run "defaults" {
  command = plan

  assert {
    condition     = toset(keys(aws_lambda_function.this)) == toset(["api", "work"])
    error_message = "Two functions."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.environment[0].variables.TIDEWELL_WAL_MODE == "object"])
    error_message = "A function acknowledges only what is in the bucket."
  }
  assert {
    condition     = aws_lambda_function.this["api"].environment[0].variables.TIDEWELL_STORE == "s3://tidewell-test-bucket/tidewell"
    error_message = "The store is the folder in the bucket."
  }
  assert {
    condition     = toset(keys(aws_scheduler_schedule.this)) == toset(["fold", "rollup", "compact", "tier", "expire", "gc"])
    error_message = "Each verb has a schedule."
  }
  assert {
    condition     = aws_lambda_function_url.api[0].authorization_type == "AWS_IAM"
    error_message = "A URL is not public unless asked for."
  }
  assert {
    condition     = length(aws_s3_bucket_notification.imports) == 0 && length(aws_sqs_queue.ingest) == 0
    error_message = "Imports and the queue are off."
  }
  # A delete without gc, or of hint, floor and meta/format, must not be allowed.
  assert {
    condition     = !contains(flatten(data.aws_iam_policy_document.store.statement[*].actions), "s3:DeleteObject")
    error_message = "The rights that both functions have must not delete."
  }
  assert {
    condition     = !contains(flatten(data.aws_iam_policy_document.api.statement[*].actions), "s3:DeleteObject")
    error_message = "api must not delete."
  }
  assert {
    condition = alltrue([
      for resource in data.aws_iam_policy_document.work.statement[0].resources :
      can(regex("^arn:aws:s3:::tidewell-test-bucket/tidewell/db/\\*/(log|ckpt|idx|gen|wal|hot|cold)/\\*$", resource))
    ])
    error_message = "work deletes only the kinds of objects that gc collects."
  }
}

run "everything" {
  command = plan

  variables {
    import_prefix  = "inbox"
    queue_enabled  = true
    url_streaming  = true
    create_bucket  = false
    alarms_enabled = false
  }

  assert {
    condition     = aws_lambda_function.this["api"].environment[0].variables.TIDEWELL_LAMBDA_RESPONSE == "stream"
    error_message = "The function streams when its URL does."
  }
  assert {
    condition     = contains(aws_lambda_event_source_mapping.ingest[0].function_response_types, "ReportBatchItemFailures")
    error_message = "Messages fail one by one."
  }
  assert {
    condition     = length(aws_s3_bucket.store) == 0 && length(aws_cloudwatch_metric_alarm.errors) == 0
    error_message = "What is switched off is not made."
  }
  assert {
    condition     = alltrue([for rule in aws_s3_bucket_notification.imports[0].lambda_function : rule.filter_prefix == "inbox/"])
    error_message = "Only the import folder starts imports."
  }
}

run "no_url" {
  command = plan
  variables { url_auth = "off" }
  assert {
    condition     = length(aws_lambda_function_url.api) == 0 && output.url == null
    error_message = "off makes no URL."
  }
}
