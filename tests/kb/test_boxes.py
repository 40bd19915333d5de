from kb.viewing.boxes import Box, covering, pack, unpack


def box(start, end, left, top, right=None, bottom=None):
    return Box(start=start, end=end, left=left, top=top, right=right or left + 10, bottom=bottom or top + 8)


def test_boxes_come_back_as_they_were_packed():
    boxes = (box(0, 4, 10.1, 20.2), box(5, 9, -3.5, 700.0, 300.4, 710.9))

    assert unpack(pack(boxes)) == boxes


def test_no_boxes_are_no_bytes():
    assert pack(()) == b""
    assert unpack(b"") == ()


def test_covering_gives_one_rectangle_a_line():
    boxes = [box(0, 4, 0, 0), box(5, 9, 12, 1), box(10, 14, 0, 20), box(15, 19, 12, 20)]

    marked = covering(boxes, start=6, end=19)

    assert [(mark.left, mark.top, mark.right, mark.bottom) for mark in marked] == [(12, 1, 22, 9), (0, 20, 22, 28)]


def test_covering_leaves_out_what_only_touches_the_quote():
    assert covering([box(0, 4, 0, 0), box(4, 8, 10, 0)], start=4, end=4) == ()
    assert len(covering([box(0, 4, 0, 0), box(4, 8, 10, 0)], start=3, end=4)) == 1
