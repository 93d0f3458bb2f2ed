# Maintenance by the clock: one schedule a verb, so that each can be moved or switched off alone.

data "aws_iam_policy_document" "assume_scheduler" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    # Schedules of this account only.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartWork"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.this["work"].arn]
  }

  # What the scheduler itself could not deliver.
  statement {
    sid       = "KeepUndelivered"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]
    content {
      sid       = "UseKey"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name                 = "${var.name}-scheduler"
  description          = "Starts Tidewell's maintenance"
  assume_role_policy   = data.aws_iam_policy_document.assume_scheduler.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "work"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.name
  tags = var.tags
}

resource "aws_scheduler_schedule" "this" {
  for_each            = var.schedules
  name                = each.key
  group_name          = aws_scheduler_schedule_group.this.name
  description         = "tidewell ${join(", ", each.value.verbs)}"
  schedule_expression = each.value.expression
  state               = each.value.enabled ? "ENABLED" : "DISABLED"

  # Schedules of the same minute spread out; maintenance has no appointment to keep.
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 1
  }

  target {
    arn      = aws_lambda_function.this["work"].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ tidewell = merge({ verbs = each.value.verbs }, each.value.db == null ? {} : { db = each.value.db }) })

    # The next run makes up for a missed one: old events are not worth delivering.
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 300
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }
  }
}
