"""The whole truth about settings; production differs by environment variables alone (docs/settings.md has a row for each)."""

import os
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.env import env_bool, env_float, env_int, env_list, env_secret, env_str
from config.env_hosts import env_directories, env_hosts, env_mail, env_networks, env_origins, env_outputs, env_providers
from config.logging import logging_config
from config.private import keep_private

keep_private()  # here, where web, worker, beat and every command come through before they make anything

BASE_DIR = Path(__file__).resolve().parents[2]
ATTEST_HOME = Path(env_str("ATTEST_HOME", str(BASE_DIR / "var"))).expanduser().resolve()

# Nothing is downloaded at run time: the encoder comes from an installed package.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Threads of one sum wait asleep: spinning, they keep the cores from those they wait for (measured on two busy cores: embedding
# a query 682 ms spinning, 22 ms asleep).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's products here are small: a second thread costs more than it does
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

DEBUG = env_bool("ATTEST_DEBUG", False)
SECRET_KEY = env_secret("ATTEST_SECRET_KEY", ATTEST_HOME / "secret_key")
ALLOWED_HOSTS = env_list("ATTEST_ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]"))
CSRF_TRUSTED_ORIGINS = env_list("ATTEST_TRUSTED_ORIGINS")
BEHIND_TLS = env_bool("ATTEST_BEHIND_TLS", False)
TRUSTED_PROXIES = env_networks("ATTEST_TRUSTED_PROXIES")  # whose X-Forwarded-For is believed

INSTALLED_APPS = [
    "accounts",  # before Django's: its commands take the place of theirs that change accounts
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "csp",
    "django_htmx",
    "audit",
    "metrics",
    "kb",
    "ingest",
    "gateway",
    "sources",
    "chat",
    "reviews",
    "curation",
    "retention",
    "integrations",
    "guards",
    "system",
    "api",
    "backup",
    "evals",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.requests.timing.time_requests",
    "config.requests.edge.request_id",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.requests.time_zone.use_reader_zone",
    "config.requests.edge.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.requests.signed_in.SignedInMiddleware",
    "config.requests.edge.expected_errors",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data -------------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env_str("DATABASE_URL", f"sqlite:///{ATTEST_HOME / 'attest.sqlite3'}"), conn_max_age=0, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes the lock at its start, so that it waits instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # FULL: what was acknowledged survives a power cut, not only a killed process.
        # Secure: what is deleted is overwritten, so that no free page of the file shows it.
        "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"),
    }
DATABASE_POOL_SIZE = env_int("DATABASE_POOL_SIZE", 40, minimum=2)  # connections to PostgreSQL of the web process
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = ATTEST_HOME / "files"  # originals; served by views only, never by URL
INDEX_ROOT = ATTEST_HOME / "index"
RETRIEVAL_URL = env_str("RETRIEVAL_URL", "local")  # or the address of a Milvus: docs/scaling.md
CACHE_ROOT = ATTEST_HOME / "cache"
AUDIT_ROOT = ATTEST_HOME / "audit"
DATA_KEYS = env_str("ATTEST_DATA_KEYS")  # a file with the keys that seal what is kept (vault.keys); empty: nothing is sealed
AUDIT_CHECKPOINT_S = env_float("ATTEST_AUDIT_CHECKPOINT_S", 10.0)  # an event signs the chain when the last signature is older
AUDIT_KEYS = env_str("ATTEST_AUDIT_KEYS")  # a file with the keys that mark events; empty: AUDIT_ROOT/event_keys.jsonl
AUDIT_SIGNING_KEY = env_str("ATTEST_AUDIT_SIGNING_KEY")  # a file with the key of checkpoints; empty: AUDIT_ROOT/signing_key
AUDIT_OUTPUTS = env_outputs("ATTEST_AUDIT_OUTPUTS")  # a file: where checkpoints and events are sent
RETENTION_HOUR = env_int("ATTEST_RETENTION_HOUR", 3, maximum=23)  # of the day, when what is due by the retention rules goes
AUDIT_VERIFY_HOUR = env_int("ATTEST_AUDIT_VERIFY_HOUR", 2, maximum=23)  # of the day, when all of the audit is verified
CACHE_URL = env_str("ATTEST_CACHE_URL")  # redis://…; empty: files, shared by the processes of this machine
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": CACHE_ROOT / "django",
        "OPTIONS": {"MAX_ENTRIES": 20_000},  # sign-in attempts are counted here: a small cache would forget them under attack
    }
}

# --- accounts ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.credentials.AccountBackend",
    "accounts.sign_in.directory.backend.DirectoryBackend",
]
ACCOUNT_FORMS = {"change_password": "accounts.sign_in.forms.PasswordForm"}
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Tries to sign in are counted by accounts.sign_in.limits, in the cache like this one.
# allauth's own count of what failed is left to codes of second factors, which it counts by account.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/300s/key", "change_password": "5/m/user", "reauthenticate": "10/m/user"}
ACCOUNT_PREVENT_ENUMERATION = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# In any minute; 0: no limit. Counted in the cache, like the above.
RATE_ASK_PER_MINUTE = env_int("ATTEST_RATE_ASK_PER_MINUTE", 30, minimum=0)  # questions of one person, by pages and keys together
RATE_SEARCH_PER_MINUTE = env_int("ATTEST_RATE_SEARCH_PER_MINUTE", 120, minimum=0)  # searches of one person
MCP_KEY = env_str("ATTEST_MCP_KEY")  # whose rights `manage.py serve_mcp` has
RATE_KEY_PER_MINUTE = env_int("ATTEST_RATE_KEY_PER_MINUTE", 300, minimum=0)  # requests of one API key, whatever they ask
RATE_SCIM_PER_MINUTE = env_int("ATTEST_RATE_SCIM_PER_MINUTE", 1800, minimum=0)  # of one key, from programs that provision people
MFA_ADAPTER = "accounts.sign_in.second_factors.adapter.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.sign_in.second_factors.code_forms.CodeForm",
    "reauthenticate": "accounts.sign_in.second_factors.code_forms.ConfirmingCodeForm",
}
MFA_TOTP_ISSUER = "Attest"
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: clocks of telephones differ
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are set by whoever manages people
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.oidc.adapter.ProviderAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
OIDC_HOSTS = env_hosts("ATTEST_OIDC_HOSTS")  # identity providers on this machine that a page may name
OIDC_PROVIDERS = env_providers("ATTEST_OIDC_FILE")
DIRECTORIES = env_directories("ATTEST_LDAP_FILE")  # LDAP and Active Directory
STEP_UP_S = ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # before a dangerous act one has signed in, or confirmed, within these seconds
SESSION_ENGINE = "accounts.sign_in.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env_int("ATTEST_SESSION_HOURS", 12, minimum=1) * 3600  # after signing in: then sign in again
SESSION_IDLE_S = env_int("ATTEST_SESSION_IDLE_MINUTES", 120) * 60  # unused for so long: sign in again; 0: no limit
PASSWORD_LINK_S = env_int("ATTEST_PASSWORD_LINK_HOURS", 72, minimum=1) * 3600
PUBLIC_URL = env_str("ATTEST_PUBLIC_URL").rstrip("/")  # in mail, where no request says under which name people come here
LOCAL_URL = f"http://{env_str('HOST', '127.0.0.1')}:{env_int('PORT', 8000, minimum=1, maximum=65535)}"  # as scripts/run serves
MAIL = env_mail("ATTEST_MAIL_URL", public_url=PUBLIC_URL)  # None: no mail is sent
if MAIL is not None:
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.host, MAIL.port, MAIL.username, MAIL.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.security == "starttls", MAIL.security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("ATTEST_MAIL_FROM", "Attest <attest@localhost>")
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked by machines on the inside
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # HSTS for subdomains is up to whoever owns the domain
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- pages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("ATTEST_TIME_ZONE", "UTC")
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # no page uses what the packages bring
STATIC_ROOT = ATTEST_HOME / "static"  # collected by scripts/run and `manage.py prepare`, again when a release changes them
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_storage.HashedStaticStorage"},
}
WHITENOISE_USE_FINDERS = True  # plain names too: of programs that begin before anything is collected
WHITENOISE_MAX_AGE = 0 if DEBUG else 300  # of plain names; hashed ones are kept for good
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}  # the one kind that it does not know

# --- queue ------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = env_str("CELERY_BROKER_URL", "filesystem://")
BROKER_ROOT = ATTEST_HOME / "broker"

# --- ingestion --------------------------------------------------------------------------------------------------------
DEMO = env_bool("ATTEST_DEMO", True)  # load the demo at the first start
UPLOAD_MAX_BYTES = env_int("ATTEST_UPLOAD_MAX_MB", 512, minimum=1) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700  # static files too: whatever lies there is the owner's
FILE_UPLOAD_HANDLERS = ["ingest.upload.NoFiles"]  # views that take files read them themselves
PARSE_MEMORY_BYTES = env_int("ATTEST_PARSE_MEMORY_MB", 1024, minimum=128) * 1024 * 1024
PARSE_CPU_S = env_int("ATTEST_PARSE_CPU_S", 300, minimum=5)
OCR = env_str("ATTEST_OCR", "rapidocr", choices=("rapidocr", "tesseract"))
PARSE_MAX_PAGES = env_int("ATTEST_PARSE_MAX_PAGES", 10_000, minimum=1)
# Addresses of databases that sources may name: {"SHOP": "postgresql://…"} from ATTEST_SOURCE_DSN_SHOP. Never shown, never logged.
SOURCE_DSNS = {name[18:]: value for name, value in os.environ.items() if name.startswith("ATTEST_SOURCE_DSN_") and name[18:]}
# Secrets that other sources may name, in the same way: {"SHARE": "…"} from ATTEST_SOURCE_SECRET_SHARE.
SOURCE_SECRETS = {name[21:]: value for name, value in os.environ.items() if name.startswith("ATTEST_SOURCE_SECRET_") and name[21:]}
SOURCE_FOLDERS = env_list("ATTEST_SOURCE_FOLDERS")  # below which a watched folder may lie; empty: nowhere
SOURCE_HOSTS = env_hosts("ATTEST_SOURCE_HOSTS")  # servers that may be typed on the page; empty: all but this machine
SOURCE_MAX_ROWS = env_int("ATTEST_SOURCE_MAX_ROWS", 100_000, minimum=1)
SOURCE_TIMEOUT_S = env_int("ATTEST_SOURCE_TIMEOUT_S", 60, minimum=1)
LEASE_S = env_int("ATTEST_LEASE_S", 20, minimum=2)
SWEEP_INTERVAL_S = env_float("ATTEST_SWEEP_INTERVAL_S", 3.0, minimum=0.5)

# --- retrieval and answers --------------------------------------------------------------------------------------------
EMBEDDER = env_str("ATTEST_EMBEDDER", "bundled")  # or bundled-english, the folder of a model, or http://host/v1#MODEL
EMBEDDER_KEY = env_str("ATTEST_EMBEDDER_KEY")
RERANKER = env_str("ATTEST_RERANKER")  # empty: late interaction alone; the folder of a cross-encoder, or http://host/rerank#MODEL
RERANKER_KEY = env_str("ATTEST_RERANKER_KEY")
LLM_BASE_URL = env_str("LLM_BASE_URL")  # empty: the extractive model
LLM_MODEL = env_str("LLM_MODEL")
LLM_API_KEY = env_str("LLM_API_KEY")
LLM_CONTEXT_TOKENS = env_int("LLM_CONTEXT_TOKENS", 8192, minimum=1024)
LLM_MAX_ANSWER_TOKENS = env_int("LLM_MAX_ANSWER_TOKENS", 700, minimum=32)
LLM_FIRST_TOKEN_TIMEOUT_S = env_float("LLM_FIRST_TOKEN_TIMEOUT_S", 30.0, minimum=0.1)
LLM_TOTAL_TIMEOUT_S = env_float("LLM_TOTAL_TIMEOUT_S", 180.0, minimum=0.1)
LLM_MAX_CONCURRENT = env_int("LLM_MAX_CONCURRENT", 64, minimum=1)
LLM_QUEUE_LENGTH = env_int("LLM_QUEUE_LENGTH", 32, minimum=0)  # questions that wait for one model
LLM_QUEUE_WAIT_S = env_float("LLM_QUEUE_WAIT_S", 10.0, minimum=0.1)
MODEL_HOSTS = env_hosts("ATTEST_MODEL_HOSTS")  # servers on this machine that a page may name; LLM_BASE_URL's is always among them
MODEL_KEY_ORIGINS = env_origins("ATTEST_MODEL_KEY_ORIGINS")  # {"LLM_CLOUD_KEY": ("https://models.example",)}
MODELS_FILE = env_str("MODELS_FILE")  # models and routes for the first start
NLI_MODEL = env_str("ATTEST_NLI_MODEL", "")
JUDGE = env_str("ATTEST_JUDGE", "bundled")
ANSWER_CACHE_HOURS = env_int("ATTEST_ANSWER_CACHE_HOURS", 24, minimum=0)
EMERGENCY_CONTACT = env_str("ATTEST_EMERGENCY_CONTACT")  # shown to who speaks of self-harm or of an emergency
QUESTION_MAX_CHARACTERS = env_int("ATTEST_QUESTION_MAX_CHARACTERS", 4000, minimum=100)

# --- curation ---------------------------------------------------------------------------------------------------------
CANARY_WAIT_S = env_int("ATTEST_CANARY_WAIT_S", 60, minimum=0)  # of quiet after a change, before golden questions are asked
CANARY_HOUR = env_int("ATTEST_CANARY_HOUR", 2, minimum=-1, maximum=23)  # from when on they are asked each night; -1: not at night
CHAT_HOSTS = env_hosts("ATTEST_CHAT_HOSTS")  # chat programs on this machine that answers may be sent to
DELEGATED_CREDENTIALS = "integrations.delegation.find_delegated"  # asked by accounts whether another site still vouches
PROMPTS = "curation.prompts.choosing.choose_rules"  # asked by chat which version of a prompt writes
APPROVED_ANSWERS = "curation.answers.finding.find_approved"  # asked by chat before it searches
GUARD_INSTRUMENTS = "chat.flow.refusing.guarding.served_instruments"  # asked by guards to try a text
HOLD_MODELS = "curation.canary.models_held.hold_models"  # asked by gateway.services before a model or a route is changed
HOLD_CHANGES = "curation.canary.holding.hold_collection"  # asked by kb.services before a collection is changed

# --- operations -------------------------------------------------------------------------------------------------------
METRICS_TOKEN = env_str("ATTEST_METRICS_TOKEN")  # empty: /metrics answers this machine alone

LOGGING = logging_config(
    level=env_str("ATTEST_LOG_LEVEL", "INFO"), style=env_str("ATTEST_LOG_STYLE", "text", choices=("text", "json"))
)
