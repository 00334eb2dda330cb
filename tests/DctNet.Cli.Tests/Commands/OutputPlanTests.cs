using DctNet.Cli.Files;

namespace DctNet.Cli.Tests.Commands;

public sealed class OutputPlanTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Names_that_meet_are_numbered_in_order()
    {
        var outputs = OutputPlan.Make(["a/x.jpg", "b/x.png", "x-2.jpg", "c/x", "y.tar.gif", "b/x.png"], "out", ".png");

        Assert.Equal(
            ["out/x.png", "out/x-2.png", "out/x-2-2.png", "out/x-3.png", "out/y.tar.png", "out/x-4.png"], outputs);
    }

    [Fact]
    public void An_input_is_never_a_result()
    {
        var (photo, second) = (_files.Add("photo.png", ""), _files.Add("photo-2.png", ""));

        Assert.Equal([_files["photo-3.png"], _files["photo-2-2.png"]], OutputPlan.Make([photo, second], _files[""], ".png"));
        Assert.Equal([_files["photo.webp"], _files["photo-2.webp"]], OutputPlan.Make([photo, second], _files[""], ".webp"));
    }

    [Fact]
    public void An_input_is_never_a_result_though_an_earlier_run_has_planned_it()
    {
        var (photo, other, added) = (_files.Add("photo.jpg", ""), _files.Add("other.jpg", ""), _files.Add("photo.png", ""));
        var planned = new Dictionary<string, string> { [CanonicalPath.Of(photo)] = _files["photo.png"], [CanonicalPath.Of(other)] = _files["o.png"] };

        var outputs = OutputPlan.Make([(photo, ""), (other, ""), (added, "")], _files[""], ".png", planned);

        Assert.Equal([_files["photo-2.png"], _files["o.png"], _files["photo-3.png"]], outputs);
    }

    [Fact]
    public void An_input_is_recognised_behind_links()
    {
        var photo = _files.Add("real/photo.png", "");
        Directory.CreateSymbolicLink(_files["alias"], _files["real"]);
        File.CreateSymbolicLink(_files["real/same.png"], photo);

        Assert.Equal([_files["alias/photo-2.png"]], OutputPlan.Make([photo], _files["alias"], ".png"));
        Assert.Equal([_files["real/photo-2.png"]], OutputPlan.Make([_files["alias/photo.png"]], _files["real"], ".png"));
        Assert.Equal([_files["real/same-2.png"]], OutputPlan.Make([_files["real/same.png"]], _files["real"], ".png"));
    }

    [Fact]
    public void A_directory_in_the_way_is_passed_by()
    {
        Directory.CreateDirectory(_files["out/x.png"]);

        Assert.Equal([_files["out/x-2.png"]], OutputPlan.Make(["x.jpg"], _files["out"], ".png"));
    }

    [Fact]
    public void A_link_that_leads_to_itself_does_not_hang()
    {
        File.CreateSymbolicLink(_files["loop"], _files["loop"]);
        Directory.CreateSymbolicLink(_files["deep"], _files["deep/er"]);

        Assert.Equal(["out/loop.png", "out/er.png"], OutputPlan.Make([_files["loop"], _files["deep/er"]], "out", ".png"));
    }
}
