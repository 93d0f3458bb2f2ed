# Where the data is.

variable "bucket_name" {
  description = "The bucket: the name of the one to create, or of one that exists (create_bucket = false)."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name takes 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "create_bucket" {
  description = "Whether to create the bucket: private, encrypted, TLS only, and not versioned (gc's deletes must free space)."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether `destroy` may delete a bucket that still holds data."
  type        = bool
  default     = false
}

variable "store_prefix" {
  description = "Folder of the store in the bucket, without slashes at its ends; \"\" for the whole bucket."
  type        = string
  default     = "tidewell"

  validation {
    condition     = var.store_prefix == "" || can(regex("^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", var.store_prefix))
    error_message = "store_prefix takes letters, digits, dots, hyphens and underscores, with slashes only between them."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the bucket and the queues; null for S3's and SQS's own keys. Its policy must let this account's IAM policies give access."
  type        = string
  default     = null
}

variable "results_prefix" {
  description = "Folder for answers over 6 MB, which are handed out as presigned links and expire after a day; null refuses them with 413."
  type        = string
  default     = "results"

  validation {
    condition     = var.results_prefix == null || can(regex("^[A-Za-z0-9._-]+$", coalesce(var.results_prefix, "results")))
    error_message = "results_prefix is one folder name without slashes, or null."
  }

  validation {
    condition     = var.results_prefix == null || (var.store_prefix != "" && var.results_prefix != split("/", var.store_prefix)[0])
    error_message = "results_prefix must lie outside the store: set store_prefix to another folder, or results_prefix to null."
  }
}

variable "import_prefix" {
  description = "Folder whose new files are imported, as <import_prefix>/<database>/<table>/<file>; null for none. The bucket's notifications become this module's: it replaces any that exist."
  type        = string
  default     = null

  validation {
    condition     = var.import_prefix == null || can(regex("^[A-Za-z0-9._-]+$", coalesce(var.import_prefix, "import")))
    error_message = "import_prefix is one folder name without slashes, or null."
  }

  validation {
    condition     = var.import_prefix == null || (var.store_prefix != "" && var.import_prefix != split("/", var.store_prefix)[0])
    error_message = "import_prefix must lie outside the store, or each segment that is written would be imported again."
  }

  validation {
    condition     = var.import_prefix == null || var.import_prefix != var.results_prefix
    error_message = "import_prefix and results_prefix must differ."
  }
}

variable "import_suffixes" {
  description = "Endings of the files that are imported."
  type        = set(string)
  default     = [".parquet", ".csv", ".csv.gz"]
}
