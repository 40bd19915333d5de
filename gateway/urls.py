"""Addresses of the pages about language models."""

from django.urls import URLPattern, path

from gateway import views
from gateway.routing import choosing_views as choosing
from gateway.spending import views as spending

app_name = "models"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("new/", views.create_model, name="model_new"),
    path("<int:pk>/", views.change_model, name="model"),
    path("<int:pk>/test/", views.try_model, name="model_test"),
    path("<int:pk>/switch/", views.switch_model, name="model_switch"),
    path("collections/<slug:slug>/", choosing.choose, name="choose"),
    path("costs/", spending.costs, name="costs"),
    path("costs/<slug:table>.csv", spending.export, name="costs_export"),
    path("budgets/", spending.index, name="budgets"),
    path("budgets/new/", spending.create, name="budget_new"),
    path("budgets/<int:pk>/", spending.change, name="budget"),
    path("budgets/<int:pk>/delete/", spending.delete, name="budget_delete"),
    path("routes/new/", views.create_route, name="route_new"),
    path("routes/<int:pk>/", views.change_route, name="route"),
    path("routes/<int:pk>/delete/", views.delete_route, name="route_delete"),
]
