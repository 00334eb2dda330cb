using DctNet.Core.Watermark;
using DctNet.Evaluation;
using Xunit;

namespace DctNet.Core.Tests.Watermark;

public sealed class EvaluationTests
{
    [Fact]
    public void Every_attack_changes_a_picture_the_same_way_twice()
    {
        using var picture = MarkPictures.Cartoon(200, 210);
        foreach (var attack in AttackSuite.All)
        {
            using var once = attack.Apply(picture);
            using var twice = attack.Apply(picture);

            Assert.True(once.Span.SequenceEqual(twice.Span), attack.Name);
            Assert.Equal(attack.Name == "none", once.Length == picture.Length && once.Span.SequenceEqual(picture.Span));
        }
    }

    [Fact]
    public void The_suite_has_28_core_attacks_and_every_name_once()
    {
        Assert.Equal(28, AttackSuite.All.Count(attack => attack.Group == AttackGroup.Core));
        Assert.Equal(AttackSuite.All.Count, AttackSuite.All.Select(attack => attack.Name).Distinct().Count());
        Assert.Null(AttackSuite.Find("no-such-attack"));
    }

    [Fact]
    public void Denoisers_keep_edges_and_flatten_noise()
    {
        using var picture = MarkPictures.Noise(64, 64, seed: 3);
        for (var i = 0; i < picture.Length; i++)
        {
            // Noise of about three grey levels on two halves.
            picture.Span[i] = (byte)((i / 3 % 64 < 32 ? 60 : 180) + (picture.Span[i] - 128) / 4);
        }

        foreach (var name in new[] { "non-local-means-10", "bilateral-9" })
        {
            using var clean = picture.Attacked(name);
            Assert.InRange(Deviation(clean, 4, 28), 0, 0.5 * Deviation(picture, 4, 28));
            Assert.InRange(Deviation(clean, 36, 60), 0, 0.5 * Deviation(picture, 36, 60));
            Assert.InRange(clean.Row(32)[3 * 29], 50, 75);
            Assert.InRange(clean.Row(32)[3 * 34], 165, 190);
        }

        static double Deviation(Core.Imaging.PixelBuffer pixels, int left, int right)
        {
            var values = Enumerable.Range(8, 48).SelectMany(y => Enumerable.Range(left, right - left).Select(x => (double)pixels.Row(y)[3 * x])).ToList();
            var mean = values.Average();
            return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        }
    }

    [Fact]
    public void A_report_counts_what_was_found_and_names_what_was_not()
    {
        // Heavier than any mark survives, beside one that leaves everything as it is.
        var nothing = AttackSuite.Find("none")!;
        var ruin = new Attack("ruin", AttackGroup.Further, image => image.Gaussblur(40));
        var evaluator = new Evaluator([nothing, ruin], DetectEffort.Fast);
        using var picture = MarkPictures.Cartoon(300, 280);
        using var tiny = MarkPictures.Cartoon(100, 90);
        var cancellation = TestContext.Current.CancellationToken;

        var report = new EvaluationReport([
            evaluator.Evaluate("some, picture", picture, cancellation) with { EmbedMilliseconds = 7 },
            evaluator.Evaluate("tiny", tiny, cancellation) with { EmbedMilliseconds = 99 },
        ]);

        Assert.Equal((1, 0), (report.Rate(AttackGroup.Core), report.Rate(AttackGroup.Further)));
        using var table = new StringWriter();
        report.WriteTable(table);
        Assert.Contains("1 pictures marked of 2.", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("median: embed 7;", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("| none | 1/1 | 100.0 | 1/1 | 0, 0 |  |", table.ToString(), StringComparison.Ordinal);
        Assert.Contains("| ruin | 0/1 | 0.0 | 0/1 | 0, 0 | some, picture |", table.ToString(), StringComparison.Ordinal);
        using var csv = new StringWriter();
        report.WriteCsv(csv);
        var lines = csv.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("\"some, picture\",300,280,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",none,core,1,0,direct,", lines[1], StringComparison.Ordinal);
        Assert.Contains(",ruin,further,0,0,scale,", lines[2], StringComparison.Ordinal);
    }
}
