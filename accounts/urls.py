"""Addresses of the pages about people and groups."""

from django.urls import URLPattern, path

from accounts.people import import_views, many_views, views
from accounts.programs import key_views, service_views
from accounts.sign_in import rules_views, session_views
from accounts.sign_in.directory import views as directory_views
from accounts.sign_in.oidc import views as provider_views

app_name = "accounts"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("keys/", key_views.keys, name="keys"),
    path("keys/<int:pk>/revoke/", key_views.revoke, name="key_revoke"),
    path("keys/<int:pk>/rotate/", key_views.rotate, name="key_rotate"),
    path("programs/", service_views.index, name="services"),
    path("programs/new/", service_views.create, name="service_new"),
    path("programs/<int:pk>/", service_views.service, name="service"),
    path("programs/<int:pk>/change/", service_views.change, name="service_change"),
    path("import/", import_views.import_people, name="import"),
    path("many/", many_views.change_many, name="many"),
    path("security/", session_views.security, name="security"),
    path("security/sessions/<str:public_id>/end/", session_views.end, name="session_end"),
    path("security/sessions/end/", session_views.end_all, name="sessions_end"),
    path("security/second-factor/", rules_views.factor_needed, name="factor_needed"),
    path("sign-in/", rules_views.rules, name="rules"),
    path("sign-in/providers/", provider_views.index, name="providers"),
    path("sign-in/providers/new/", provider_views.create, name="provider_new"),
    path("sign-in/providers/new/saml/", provider_views.create_saml, name="provider_new_saml"),
    path("sign-in/providers/<slug:slug>/", provider_views.change, name="provider"),
    path("sign-in/providers/<slug:slug>/try/", provider_views.try_out, name="provider_try"),
    path("sign-in/providers/<slug:slug>/delete/", provider_views.delete, name="provider_delete"),
    path("sign-in/directories/", directory_views.index, name="directories"),
    path("sign-in/directories/<slug:slug>/sync/", directory_views.sync, name="directory_sync"),
    path("sign-in/directories/<slug:slug>/try/", directory_views.try_out, name="directory_try"),
    path("new/", views.create, name="create"),
    path("<int:pk>/", views.change, name="change"),
    path("<int:pk>/password/", views.password, name="password"),
    path("<int:pk>/second-factors/remove/", rules_views.factors_remove, name="factors_remove"),
    path("<int:pk>/sign-out/", views.sign_out, name="sign_out"),
    path("acts/<int:pk>/confirm/", views.act_confirm, name="act_confirm"),
    path("acts/<int:pk>/withdraw/", views.act_withdraw, name="act_withdraw"),
    path("groups/new/", views.group_create, name="group_create"),
    path("groups/<int:pk>/", views.group, name="group"),
    path("groups/<int:pk>/members/", many_views.change_group, name="group_members"),
    path("groups/<int:pk>/delete/", views.group_delete, name="group_delete"),
]
