using System.Globalization;
using DctNet.Core.Watermark;

namespace DctNet.Evaluation;

/// <summary>The figures of many pictures, for people (Markdown) and for programs (CSV).</summary>
public sealed class EvaluationReport
{
    // The size at which a mark has the least room.
    private const int SmallShortSide = 512;
    private const int NamedMisses = 6;

    private readonly IReadOnlyList<PictureEvaluation> _pictures;
    private readonly IReadOnlyList<EmbedResult> _marks;

    /// <param name="pictures">In any order; shown in the order of their names.</param>
    public EvaluationReport(IEnumerable<PictureEvaluation> pictures)
    {
        _pictures = [.. pictures.OrderBy(picture => picture.Name, StringComparer.Ordinal)];
        _marks = [.. _pictures.Where(picture => picture.Embedding.Marked).Select(picture => picture.Embedding)];
    }

    /// <summary>Share of exact ids found over the attacks of a group, 0 to 1; not a number where none was made.</summary>
    public double Rate(AttackGroup group)
    {
        var trials = _pictures.SelectMany(picture => picture.Trials).Where(trial => trial.Attack.Group == group).ToList();
        return trials.Count == 0 ? double.NaN : trials.Count(trial => trial.Recovered) / (double)trials.Count;
    }

    /// <summary>A Markdown table with a line an attack, and what embedding cost.</summary>
    public void WriteTable(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_marks.Count == 0)
        {
            Line($"No picture of {_pictures.Count} could be marked.");
            return;
        }

        Line($"{_marks.Count} pictures marked of {_pictures.Count}. PSNR mean {_marks.Average(m => m.PsnrDb):F2} dB, least {_marks.Min(m => m.PsnrDb):F2} dB; SSIM mean {_marks.Average(m => m.Ssim):F4}, least {_marks.Min(m => m.Ssim):F4}.");
        Line($"Milliseconds, median: embed {Median(_pictures.Where(p => p.Embedding.Marked).Select(p => p.EmbedMilliseconds)):F0}; detect {Median(_pictures.SelectMany(p => p.Trials).Select(t => t.Milliseconds)):F0} after attacks, {Median(_pictures.Select(p => p.UnmarkedMilliseconds)):F0} unmarked.");
        Line($"False positives: {_pictures.Count(p => p.Unmarked.Found)} of {_pictures.Count} unmarked pictures, {_pictures.Sum(p => p.Trials.Count(t => t.WrongId))} wrong ids.");
        output.WriteLine();
        Line($"| attack | found | % | up to {SmallShortSide} px | content differs, unknown | not found in |");
        Line($"|---|---|---|---|---|---|");
        foreach (var attack in _pictures.SelectMany(picture => picture.Trials).GroupBy(trial => trial.Attack.Name))
        {
            var tried = _pictures.Select(p => (Picture: p, Trial: p.Trials.FirstOrDefault(t => t.Attack.Name == attack.Key)))
                .Where(pair => pair.Trial is not null).ToList();
            var small = tried.Where(pair => pair.Picture.ShortSide <= SmallShortSide).ToList();
            var missed = tried.Where(pair => !pair.Trial!.Recovered).Select(pair => pair.Picture.Name).ToList();
            var names = string.Join(' ', missed.Take(NamedMisses)) + (missed.Count > NamedMisses ? " …" : "");
            var found = tried.Count - missed.Count;
            int Said(ContentMatch content) => tried.Count(pair => pair.Trial!.Recovered && pair.Trial.Content == content);
            Line($"| {attack.Key} | {found}/{tried.Count} | {100.0 * found / tried.Count:F1} | {small.Count(pair => pair.Trial!.Recovered)}/{small.Count} | {Said(ContentMatch.Differs)}, {Said(ContentMatch.Unknown)} | {names} |");
        }

        output.WriteLine();
        foreach (var group in Enum.GetValues<AttackGroup>().Where(group => !double.IsNaN(Rate(group))))
        {
            Line($"{group}: {100 * Rate(group):F1} %.");
        }

        void Line(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>One line a picture and attack.</summary>
    public void WriteCsv(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine("picture,width,height,psnr,ssim,margin,embed_ms,attack,group,recovered,wrong_id,path,content,detect_ms");
        foreach (var picture in _pictures)
        {
            var mark = picture.Embedding;
            var name = CsvField.Quote(picture.Name);
            foreach (var trial in picture.Trials)
            {
                FormattableString line = $"{name},{picture.Width},{picture.Height},{mark.PsnrDb:F2},{mark.Ssim:F5},{mark.MarginDb:F2},{picture.EmbedMilliseconds:F1},{trial.Attack.Name},{Lower(trial.Attack.Group)},{Flag(trial.Recovered)},{Flag(trial.WrongId)},{Lower(trial.Path)},{Lower(trial.Content)},{trial.Milliseconds:F1}";
                output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
            }
        }

        static string Lower<T>(T value)
            where T : struct, Enum => value.ToString().ToLowerInvariant();

        static int Flag(bool value) => value ? 1 : 0;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[sorted.Count / 2];
    }
}
