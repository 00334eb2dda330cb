using System.Security.Cryptography;
using DctNet.Core;
using DctNet.Core.Models;

namespace DctNet.ModelTools.Tests;

/// <summary>Downloads from a real HTTP server, which is not always kind.</summary>
public sealed class PullTests : IAsyncLifetime
{
    private static readonly byte[] s_weights = FrozenDctNet.Write(DctNetWeights.Random(seed: 1), new GraphVariant());
    private static readonly byte[] s_others = FrozenDctNet.Write(DctNetWeights.Random(seed: 2), new GraphVariant());

    private readonly TemporaryDirectory _files = new();
    private readonly HttpClient _http = ModelPuller.CreateHttpClient();
    private FileServer _server = null!;

    private string Models => _files["models"];

    public async ValueTask InitializeAsync()
    {
        _server = await FileServer.StartAsync();
        _server.File = s_weights;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _http.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task Weights_come_are_converted_and_entered()
    {
        var seen = new List<long>();
        var outcome = await PullAsync(progress: new Seen(seen));

        var style = Networks.Value(outcome);
        Assert.Equal(("pulled", "Apache-2.0"), (style.Name, style.Network.Licence));
        Assert.Contains(Digest(s_weights), style.Network.Origin, StringComparison.Ordinal);
        Assert.Equal(s_weights.Length, seen[^1]);
        Assert.Single(Networks.Value(ModelCatalog.Load(Models)).Styles);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_cut_connection_goes_on_where_it_ended()
    {
        _server.Cut = (1_000_000, 3);

        Networks.Value(await PullAsync());

        Assert.Equal(4, _server.Requests.Count);
        Assert.Equal("", _server.Requests.First());
        Assert.All(_server.Requests.Skip(1), range => Assert.Matches("^bytes=[1-9][0-9]*-$", range));
    }

    [Fact]
    public async Task A_later_call_goes_on_where_an_earlier_one_gave_up()
    {
        // One answer with bytes, then none: fruitless attempts end the first call.
        _server.Cut = (1_000_000, 1);
        using (var giveUp = new CancellationTokenSource())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(progress: new CancelAt(500_000, giveUp), cancellation: giveUp.Token));
        }

        _server.Cut = default;
        Networks.Value(await PullAsync());

        Assert.Matches("^bytes=[1-9][0-9]*-$", _server.Requests.Last());
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_server_without_ranges_is_asked_for_the_whole_again()
    {
        _server.Ranges = false;
        _server.Cut = (1_000_000, 2);

        Networks.Value(await PullAsync());

        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Without_a_tag_and_a_digest_parts_are_not_put_together()
    {
        _server.Tag = null;
        _server.Cut = (1_000_000, 1);

        Networks.Value(await PullAsync());

        Assert.Equal(["", ""], _server.Requests);
    }

    [Fact]
    public async Task A_file_that_changed_on_the_way_is_not_put_together_of_two()
    {
        _server.Cut = (1_000_000, 1);
        var changed = new CancelAt(500_000, then: () => (_server.File, _server.Tag) = (s_others, "\"v2\""));

        var style = Networks.Value(await PullAsync(progress: changed));

        Assert.Contains(Digest(s_others), style.Network.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_is_seen_by_its_tag_where_the_server_does_not_look()
    {
        _server.IgnoresIfRange = true;
        _server.Cut = (1_000_000, 1);
        var changed = new CancelAt(500_000, then: () => (_server.File, _server.Tag) = (s_others, "\"v2\""));

        var style = Networks.Value(await PullAsync(progress: changed));

        Assert.Contains(Digest(s_others), style.Network.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_unknown_length_is_taken_for_the_rest()
    {
        _server.Chunked = true;
        _server.Cut = (1_000_000, 1);

        Networks.Value(await PullAsync(bytes: s_weights.Length));

        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_part_shorter_than_asked_for_is_gone_on_from()
    {
        _server.MostOfPart = s_weights.Length / 3;
        _server.Cut = (1_000_000, 1);

        Assert.Contains(Digest(s_weights), Networks.Value(await PullAsync()).Network.Origin, StringComparison.Ordinal);
        Assert.True(_server.Requests.Count > 3);
    }

    [Fact]
    public async Task What_was_complete_when_interrupted_does_not_come_again()
    {
        using (var interrupt = new CancellationTokenSource())
        {
            var atTheEnd = new CancelAt(s_weights.Length, interrupt);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(progress: atTheEnd, cancellation: interrupt.Token));
        }

        Networks.Value(await PullAsync());

        Assert.Equal(["", $"bytes={s_weights.Length}-"], _server.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"v")]
    public async Task A_torn_tag_is_none(string tag)
    {
        using (var interrupt = new CancellationTokenSource())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(progress: new CancelAt(500_000, interrupt), cancellation: interrupt.Token));
        }

        File.WriteAllText(Assert.Single(Directory.GetFiles(Models, "*.etag")), tag);
        Networks.Value(await PullAsync());

        Assert.Equal(["", ""], _server.Requests);
    }

    [Fact]
    public async Task Nobody_is_told_that_a_download_goes_on_where_it_cannot()
    {
        _server.Tag = null;
        _server.Cut = (0, int.MaxValue);

        Assert.DoesNotContain("goes on", Message(await PullAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_brings_nothing_is_given_up()
    {
        _server.Cut = (0, int.MaxValue);

        Assert.Contains("goes on from there", Message(await PullAsync()), StringComparison.Ordinal);
        Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_digest_is_refused_and_nothing_is_entered()
    {
        Assert.Contains("the list of sources says", Message(await PullAsync(sha256: Digest(s_others))), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Models, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_wrong_size_is_refused_before_the_file_comes()
    {
        Assert.Contains("are expected", Message(await PullAsync(bytes: s_weights.Length + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_first_is_pinned()
    {
        Networks.Value(await PullAsync());
        Networks.Value(await PullAsync());
        (_server.File, _server.Tag) = (s_others, "\"v2\"");

        var message = Message(await PullAsync());

        Assert.Contains("pinned in models.lock.json", message, StringComparison.Ordinal);
        Assert.Contains(Digest(s_weights), message, StringComparison.Ordinal);
        Assert.Contains(Digest(s_weights), Networks.Value(ModelCatalog.Load(Models)).Networks[0].Origin, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_DctNet_is_neither_entered_nor_pinned()
    {
        _server.File = [.. "<html>please log in</html>"u8];

        Assert.Contains("no DCT-Net", Message(await PullAsync()), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Models, "*.json"));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"URL\":null}")]
    [InlineData("{\"URL\":{\"bytes\":1}}")]
    public async Task Pins_that_pin_nothing_are_damaged(string pins)
    {
        Directory.CreateDirectory(Models);
        _files.Add("models/models.lock.json", System.Text.Encoding.UTF8.GetBytes(pins.Replace("URL", _server.Url().AbsoluteUri, StringComparison.Ordinal)));

        Assert.Contains("models.lock.json", Message(await PullAsync()), StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void Pins_of_several_at_once_are_all_kept()
    {
        var pins = new LockFile(_files.Path);

        Parallel.For(0, 8, i => pins.Add(_server.Url($"/{i}"), new Pin(i, Digest(s_weights))));

        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(i, pins.Find(_server.Url($"/{i}"))?.Bytes));
    }

    [Fact]
    public void Pins_that_cannot_be_written_leave_nothing_behind()
    {
        Directory.CreateDirectory(_files["models.lock.json"]);

        var thrown = Record.Exception(() => new LockFile(_files.Path).Add(_server.Url(), new Pin(1, Digest(s_weights))));

        Assert.True(thrown is IOException or UnauthorizedAccessException);
        Assert.Empty(Directory.GetFiles(_files.Path, "*.part"));
    }

    [Fact]
    public async Task What_cannot_be_entered_is_pinned_and_kept()
    {
        Directory.CreateDirectory(Models);
        var catalog = _files.Add("models/catalog.json", [.. "{"u8]);

        Assert.Contains("not a catalog", Message(await PullAsync()), StringComparison.Ordinal);
        (_server.File, _server.Tag) = (s_others, "\"v2\"");
        File.Delete(catalog);
        var style = Networks.Value(await PullAsync());

        Assert.Contains(Digest(s_weights), style.Network.Origin, StringComparison.Ordinal);
        Assert.Single(_server.Requests);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_name_that_callers_could_not_write_is_refused_before_the_download()
    {
        var outcome = await PullAsync(name: "Pulled");

        Assert.Equal(FailureCode.InvalidOption, outcome.Failure?.Code);
        Assert.False(Directory.Exists(Models));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_is_told_apart()
    {
        _files.Add("models", [1]);

        await Assert.ThrowsAsync<IOException>(() => PullAsync());
    }

    [Fact]
    public async Task Redirects_are_followed_but_not_in_circles()
    {
        Networks.Value(await PullAsync("/moved"));

        Assert.Contains("302", Message(await PullAsync("/circle")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_is_said_at_once()
    {
        Assert.Contains("404", Message(await PullAsync("/nothing")), StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void The_list_of_the_program_names_the_seven_official_styles()
    {
        var sources = Networks.Value(ModelSources.Load(null));

        Assert.Equal(["3d", "anime", "artstyle", "design", "handdrawn", "illustration", "sketch"], sources.All.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.All(sources.All, source => Assert.Equal("https", source.Url.Scheme));
        Assert.Contains("there are anime", sources.Find("no-such").Failure?.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"sources\":[null]}")]
    public void A_list_of_nothing_is_refused(string text)
    {
        var list = _files.Add("sources.json", System.Text.Encoding.UTF8.GetBytes(text));

        Assert.Contains("is no list of sources", ModelSources.Load(list).Failure?.Message, StringComparison.Ordinal);
    }

    private Task<Outcome<CatalogStyle>> PullAsync(
        string path = "/model.pb",
        string? sha256 = null,
        long? bytes = null,
        IProgress<(long, long?)>? progress = null,
        CancellationToken? cancellation = null,
        string name = "pulled")
    {
        var source = new ModelSource { Name = "a", Url = _server.Url(path), Bytes = bytes, Sha256 = sha256, Licence = "Apache-2.0", Origin = "A test." };
        return new ModelPuller(_http, new HurriedTime())
            .PullAsync(source, name, Models, progress, cancellation ?? TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private void AssertNothingLeft() => Assert.DoesNotContain(Directory.GetFiles(Models), file => file.Contains("download", StringComparison.Ordinal));

    private static string Digest(byte[] file) => Convert.ToHexStringLower(SHA256.HashData(file));

    private static string Message(Outcome<CatalogStyle> outcome) =>
        outcome.Failure?.Message ?? throw new InvalidOperationException("It was pulled.");

    private sealed class Seen(List<long> done) : IProgress<(long Done, long? Total)>
    {
        public void Report((long Done, long? Total) value) => done.Add(value.Done);
    }

    private sealed class CancelAt(long bytes, CancellationTokenSource? source = null, Action? then = null) : IProgress<(long Done, long? Total)>
    {
        private bool _done;

        public void Report((long Done, long? Total) value)
        {
            if (value.Done >= bytes && !_done)
            {
                _done = true;
                source?.Cancel();
                then?.Invoke();
            }
        }
    }
}
