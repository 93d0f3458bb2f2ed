# Everything switched on: own key, imports, queue, streamed answers, bounded concurrency, alarms by mail.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "AWS region."
  type        = string
  default     = "eu-central-1"
}

variable "bucket_name" {
  description = "Name of the bucket to create; names are global, so choose your own."
  type        = string
}

variable "package_path" {
  description = "Zip file with `bootstrap`."
  type        = string
}

variable "mail" {
  description = "Who hears of alarms."
  type        = string
}

resource "aws_kms_key" "data" {
  description         = "Tidewell's data"
  enable_key_rotation = true
}

resource "aws_sns_topic" "alarms" {
  name = "tidewell-alarms"
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.mail
}

module "tidewell" {
  source       = "../.."
  name         = "tidewell-live"
  package_path = var.package_path
  architecture = "arm64"

  bucket_name    = var.bucket_name
  store_prefix   = "live/metrics"
  kms_key_arn    = aws_kms_key.data.arn
  results_prefix = "answers"
  import_prefix  = "inbox"

  api_memory_mb             = 2048
  api_reserved_concurrency  = 50
  work_reserved_concurrency = 4
  url_auth                  = "AWS_IAM"
  url_streaming             = true

  queue_enabled         = true
  queue_db              = "edge"
  queue_batch_size      = 500
  queue_window_s        = 10
  queue_concurrency_max = 5

  schedules = {
    fold    = { expression = "rate(2 minutes)", verbs = ["fold", "rollup"] }
    upkeep  = { expression = "rate(1 hour)", verbs = ["compact", "expire", "tier"] }
    gc      = { expression = "rate(6 hours)", verbs = ["gc"] }
    archive = { expression = "cron(0 3 ? * SUN *)", verbs = ["tier"], db = "archive", enabled = false }
  }

  environment = {
    TIDEWELL_COLD_AFTER = "30d"
    RUST_LOG            = "info"
  }

  alarm_actions      = [aws_sns_topic.alarms.arn]
  log_retention_days = 90
  tags               = { service = "tidewell" }
}

output "tidewell" {
  description = "What the module made."
  value       = module.tidewell
}
