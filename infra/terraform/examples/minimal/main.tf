# A bucket, the two functions, a signed URL and the default schedules.

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
  region = "eu-central-1"
}

variable "bucket_name" {
  description = "Name of the bucket to create; names are global, so choose your own."
  type        = string
}

module "tidewell" {
  source       = "../.."
  bucket_name  = var.bucket_name
  package_path = "${path.module}/bootstrap.zip"
}

output "url" {
  description = "Where clients write and query."
  value       = module.tidewell.url
}
