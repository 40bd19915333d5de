"""Addresses of retention: rules, legal holds, people's data, deleted documents."""

from django.urls import URLPattern, path

from retention.holding import views as holding
from retention.people import views as people
from retention.purging import views as purging
from retention.rules import views as rules

app_name = "retention"

urlpatterns: list[URLPattern] = [
    path("", rules.rules, name="rules"),
    path("rules/new/", rules.rule_new, name="rule_new"),
    path("rules/<int:pk>/", rules.rule, name="rule"),
    path("holds/", holding.holds, name="holds"),
    path("holds/new/", holding.place, name="hold_new"),
    path("holds/<uuid:uid>/", holding.hold, name="hold"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/data.zip", people.person_export, name="person_export"),
    path("documents/", purging.documents, name="documents"),
    path("documents/<uuid:uid>/certificate.zip", purging.certificate, name="certificate"),
]
