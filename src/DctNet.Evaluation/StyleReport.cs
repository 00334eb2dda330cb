using System.Globalization;

namespace DctNet.Evaluation;

/// <summary>The scores of many pictures as tables for people (Markdown) and as lines for programs (CSV).</summary>
public sealed class StyleReport(IReadOnlyCollection<StyleScore> scores)
{
    private const string CsvHeader =
        "picture,style,view,ssim,psnr_db,perceptual,sharpness,chroma,identity,teacher_identity,photo_l,photo_a,photo_b,shift_l,shift_a,shift_b,teacher_shift_l,teacher_shift_a,teacher_shift_b,student_ms,teacher_ms";

    private static readonly string[] s_thirds = ["darkest", "middle", "lightest"];

    /// <summary>A table for heads, one for whole pictures, one for skin.</summary>
    public void WriteTables(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (var view in scores.GroupBy(score => score.View).OrderBy(group => group.Key))
        {
            var timed = view.Any(score => score.Time is not null);
            var known = view.Any(score => score.Identity is not null);
            Line(output, $"{(view.Key == PictureView.Head ? "Heads" : "Whole pictures")}, {view.Select(score => score.Picture).Distinct().Count()}:");
            output.WriteLine();
            output.WriteLine($"| style | SSIM | PSNR dB | perceptual | sharpness | chroma |{(known ? " identity | teacher's |" : "")}{(timed ? " ms | of the teacher's |" : "")}");
            output.WriteLine($"|---|---|---|---|---|---|{(known ? "---|---|" : "")}{(timed ? "---|---|" : "")}");
            foreach (var style in view.GroupBy(score => score.Style))
            {
                var perceptual = style.Average(score => score.Perceptual) is { } mean ? mean.ToString("F3", CultureInfo.InvariantCulture) : "–";
                Line(
                    output,
                    $"| {style.Key} | {style.Average(s => s.Ssim):F3} | {style.Average(s => s.PsnrDb):F1} | {perceptual} | {style.Average(s => s.Sharpness):F2} | {style.Average(s => s.Chroma):F1} |{Identities(style)}{Times(style)}");
            }

            output.WriteLine();
        }

        WriteSkin(output);
    }

    /// <summary>One line a picture, style and view.</summary>
    public void WriteCsv(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine(CsvHeader);
        foreach (var score in scores)
        {
            Line(
                output,
                $"{CsvField.Quote(score.Picture)},{score.Style},{(score.View == PictureView.Head ? "head" : "whole")},{score.Ssim:F4},{score.PsnrDb:F2},{score.Perceptual:F4},{score.Sharpness:F3},{score.Chroma:F2},{score.Identity?.Student:F3},{score.Identity?.Teacher:F3},{Fields(score.Skin?.Photo)},{Fields(score.Skin?.Student)},{Fields(score.Skin?.Teacher)},{score.Time?.StudentMilliseconds:F1},{score.Time?.TeacherMilliseconds:F1}");
        }

        static string Fields(SkinColour? colour) => colour is { } c ? string.Create(CultureInfo.InvariantCulture, $"{c.L:F1},{c.A:F1},{c.B:F1}") : ",,";
    }

    /// <summary>Shifts of skin, the photos in three parts by the lightness of their skin; nothing for fewer than three.</summary>
    private void WriteSkin(TextWriter output)
    {
        var heads = scores.Where(score => score.Skin is not null).GroupBy(score => score.Style).ToList();
        if (heads.Count == 0 || heads[0].Count() < s_thirds.Length)
        {
            return;
        }

        output.WriteLine("Skin, ΔL*a*b* from the photo, in thirds of the photos by the lightness of their skin; ΔL* of the uncorrected teacher beside it:");
        output.WriteLine();
        output.WriteLine($"| style |{string.Concat(s_thirds.Select(third => $" {third} | teacher |"))} ΔL* differs by |");
        output.WriteLine($"|---|{string.Concat(s_thirds.Select(_ => "---|---|"))}---|");
        foreach (var style in heads)
        {
            List<SkinShift> shifts = [.. style.Select(score => score.Skin!).OrderBy(shift => shift.Photo.L)];
            var parts = Enumerable.Range(0, s_thirds.Length)
                .Select(third => shifts.Where((_, i) => i * s_thirds.Length / shifts.Count == third).ToList())
                .Select(part => (Student: SkinColour.Mean([.. part.Select(s => s.Student)]), Teacher: SkinColour.Mean([.. part.Select(s => s.Teacher)])))
                .ToList();
            var columns = parts.Select(part => string.Create(
                CultureInfo.InvariantCulture, $" {part.Student.L:F1} {part.Student.A:F1} {part.Student.B:F1} | {part.Teacher.L:F1} |"));
            Line(output, $"| {style.Key} |{string.Concat(columns)} {Math.Abs(parts[0].Student.L - parts[^1].Student.L):F1} |");
        }
    }

    private static string Identities(IEnumerable<StyleScore> style)
    {
        List<IdentityLoss> losses = [.. style.Select(score => score.Identity).OfType<IdentityLoss>()];
        return losses.Count == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" {losses.Average(loss => loss.Student):F2} | {losses.Average(loss => loss.Teacher):F2} |");
    }

    private static string Times(IEnumerable<StyleScore> style)
    {
        List<DrawingTime> times = [.. style.Select(score => score.Time).OfType<DrawingTime>()];
        return times.Count == 0
            ? ""
            : string.Create(
                CultureInfo.InvariantCulture,
                $" {times.Average(time => time.StudentMilliseconds):F0} | {times.Sum(time => time.StudentMilliseconds) / times.Sum(time => time.TeacherMilliseconds):F2} |");
    }

    private static void Line(TextWriter output, FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
