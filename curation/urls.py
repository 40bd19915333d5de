"""Addresses of curation."""

from django.urls import URLPattern, path

from curation import views
from curation.answers import views as answers
from curation.canary import views as canary
from curation.gaps import views as gaps
from curation.golden import review_views
from curation.golden import views as golden
from curation.handover import views as handovers
from curation.insights import views as insights
from curation.prompts import views as prompts

app_name = "curation"

urlpatterns: list[URLPattern] = [
    path("", views.index, name="index"),
    path("c/<slug:slug>/golden/", golden.questions, name="golden"),
    path("c/<slug:slug>/golden/new/", golden.write, name="golden_new"),
    path("c/<slug:slug>/golden/file/", golden.take_file, name="golden_file"),
    path("c/<slug:slug>/golden/lines/", golden.take_lines, name="golden_lines"),
    path("c/<slug:slug>/golden/export.jsonl", golden.export, name="golden_export"),
    path("c/<slug:slug>/golden/run/", golden.start, name="golden_run"),
    path("golden/<uuid:uid>/", golden.change, name="golden_change"),
    path("golden/<uuid:uid>/delete/", golden.delete, name="golden_delete"),
    path("golden/from-review/<uuid:uid>/", review_views.suggest, name="golden_from_review"),
    path("c/<slug:slug>/canary/", canary.canary, name="canary"),
    path("c/<slug:slug>/canary/runs.csv", canary.export, name="canary_export"),
    path("c/<slug:slug>/canary/rules/", canary.rules, name="canary_rules"),
    path("prompts/", prompts.prompts, name="prompts"),
    path("prompts/<str:name>/", prompts.prompt, name="prompt"),
    path("prompts/<str:name>/back/", prompts.back, name="prompt_back"),
    path("prompt-versions/<uuid:uid>/share/", prompts.share, name="prompt_share"),
    path("prompt-versions/<uuid:uid>/use/", prompts.use, name="prompt_use"),
    path("models/", canary.models, name="models"),
    path("held/<uuid:uid>/apply/", canary.apply, name="held_apply"),
    path("held/<uuid:uid>/withdraw/", canary.withdraw, name="held_withdraw"),
    path("c/<slug:slug>/gaps/", gaps.gaps, name="gaps"),
    path("gaps/", gaps.gaps_of_none, name="gaps_of_none"),
    path("gaps/<uuid:uid>/", gaps.gap, name="gap"),
    path("gaps/<uuid:uid>/seen/", gaps.seen, name="gap_seen"),
    path("c/<slug:slug>/answers/", answers.answers, name="answers"),
    path("c/<slug:slug>/answers/new/", answers.write, name="answer_new"),
    path("answers/<uuid:uid>/", answers.answer, name="answer"),
    path("answers/<uuid:uid>/approve/", answers.approve, name="answer_approve"),
    path("answers/<uuid:uid>/retire/", answers.retire, name="answer_retire"),
    path("answers/<uuid:uid>/check/", answers.check, name="answer_check"),
    path("answers/<uuid:uid>/golden/", answers.make_golden, name="answer_golden"),
    path("c/<slug:slug>/insights/", insights.insights, name="insights"),
    path("c/<slug:slug>/insights/<slug:table>.csv", insights.export, name="insights_export"),
    path("insights/", insights.insights, name="insights_all"),
    path("insights/<slug:table>.csv", insights.export, name="insights_all_export"),
    path("handovers/", handovers.index, name="handovers"),
    path("handovers/<uuid:uid>/", handovers.show, name="handover"),
    path("handovers/<uuid:uid>/decide/", handovers.decide, name="handover_decide"),
    path("ask-person/<uuid:uid>/", handovers.ask, name="handover_ask"),
    path("ask-person/<uuid:uid>/withdraw/", handovers.withdraw, name="handover_withdraw"),
    path("runs/<uuid:uid>/", golden.run, name="run"),
]
