"""Addresses of the library: collections, documents, and the sources that citations open."""

from django.urls import URLPattern, path

from kb import views
from kb.index import explain_views
from kb.keeping import views as keeping_views
from kb.rights import access_views, steward_views
from kb.rights import views as rights_views
from kb.viewing import compare_views, fault_views, find_views
from kb.viewing import views as source_views

app_name = "kb"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("new/", views.create_collection, name="collection_new"),
    path("find/", find_views.find, name="find"),
    path("explain/", explain_views.explain, name="explain"),
    path("c/<slug:slug>/", views.collection, name="collection"),
    path("c/<slug:slug>/progress/", views.progress, name="progress"),
    path("c/<slug:slug>/edit/", views.change_collection, name="collection_edit"),
    path("c/<slug:slug>/owners/", steward_views.stewards, name="stewards"),
    path("c/<slug:slug>/owners/<int:pk>/dismiss/", steward_views.dismiss, name="steward_dismiss"),
    path("c/<slug:slug>/ask/", access_views.ask, name="access_ask"),
    path("c/<slug:slug>/access/", access_views.access, name="access"),
    path("access/", access_views.mine, name="access_mine"),
    path("access/<int:pk>/withdraw/", access_views.withdraw, name="access_withdraw"),
    path("access/<int:pk>/grant/", access_views.grant, name="access_grant"),
    path("access/<int:pk>/refuse/", access_views.refuse, name="access_refuse"),
    path("access/<int:pk>/end/", access_views.end, name="access_end"),
    path("c/<slug:slug>/folders/new/", rights_views.create_folder, name="folder_new"),
    path("folders/<uuid:uid>/", rights_views.change_folder, name="folder"),
    path("folders/<uuid:uid>/delete/", rights_views.delete_folder, name="folder_delete"),
    path("documents/<uuid:uid>/", views.document, name="document"),
    path("documents/<uuid:uid>/details/", keeping_views.change, name="document_edit"),
    path("documents/<uuid:uid>/reviewed/", keeping_views.reviewed, name="reviewed"),
    path("documents/<uuid:uid>/compare/", compare_views.compare, name="compare"),
    path("due/", keeping_views.due, name="due"),
    path("c/<slug:slug>/tags/", keeping_views.tags, name="tags"),
    path("tags/<uuid:uid>/", keeping_views.tag, name="tag"),
    path("tags/<uuid:uid>/delete/", keeping_views.delete_tag, name="tag_delete"),
    path("documents/<uuid:uid>/readers/", rights_views.document_readers, name="document_readers"),
    path("versions/<uuid:uid>/original/", views.original, name="original"),
    path("sources/<uuid:version_uid>/<int:page_number>/", source_views.source, name="source"),
    path("sources/<uuid:version_uid>/<int:page_number>/image.webp", source_views.page_image, name="page_image"),
    path("sources/<uuid:version_uid>/<int:page_number>/faults/", fault_views.report, name="fault_report"),
    path("faults/<uuid:uid>/close/", fault_views.close, name="fault_close"),
]
